"""Request bodies of the native API."""

from typing import Any, Self

from pydantic import model_validator

from puna.api.no_ops import RequestHints
from puna.core.errors import InvalidRequest
from puna.http.body import Body
from puna.library.names import ModelName
from puna.library.parameters import Parameters

OTHER_WORDS = {
    "max_output_tokens": "num_predict",
    "max_tokens": "num_predict",
    "max_completion_tokens": "num_predict",
}
"""What OpenAI's clients call an option."""
KeepAlive = int | float | str | None
"""A number of seconds, or a duration such as `5m`. Negative means for ever, 0 not at all."""


class OptionsBody(RequestHints):
    """A body with `options`. Clients also put options beside these, and `keep_alive` among them: they count. Of one
    that is in both places that in `options` does."""

    options: dict[str, Any] | None = None
    keep_alive: KeepAlive = None

    @model_validator(mode="before")
    @classmethod
    def put_together(cls, given: Any) -> Any:
        """Put each where it belongs."""
        options = given.get("options") if isinstance(given, dict) else ""
        if not isinstance(options, dict | None):
            return given
        words = {name: name for name in Parameters.kinds()} | OTHER_WORDS
        options = {words[name]: value for name, value in given.items() if name in words} | (options or {})
        body = {name: value for name, value in given.items() if name not in words}
        if "keep_alive" in options:
            kept = options.pop("keep_alive")
            body.setdefault("keep_alive", kept)
        return body | {"options": options} if options or "options" in given else body


class ModelBody(Body):
    """A body that names a model; `name` is the older word for `model`."""

    model: str | None = None
    name: str | None = None

    @model_validator(mode="after")
    def check(self) -> Self:
        """One of the two names has to be there."""
        if not (self.model or self.name):
            raise InvalidRequest("model is required", param="model", code="missing_required_parameter")
        return self

    @property
    def named(self) -> str:
        """The model's name as it was written."""
        return self.model or self.name or ""

    @property
    def model_name(self) -> ModelName:
        """The model's name, read. Raises InvalidRequest."""
        return ModelName.parse(self.named)
