"""What the bodies of /api/chat and /api/generate have in common."""

from collections.abc import Collection
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from puna.api.mistakes import invalid_value
from puna.api.ollama.body import OptionsBody
from puna.core.effort import Effort
from puna.core.errors import InvalidRequest
from puna.core.formats import Format, FreeText, JsonObject, JsonSchema
from puna.core.messages import Part, Text
from puna.images.load import ImageLoader

Think = bool | Literal["", "low", "medium", "high", "max"] | None


class GenerationBody(OptionsBody):
    """The fields of both. `truncate` and `shift` allow what is never done: a prompt that is too long is refused."""

    media: ClassVar[bool] = True
    model: Annotated[str, Field(min_length=1)]
    stream: bool | None = None
    format: Literal["", "json"] | dict[str, Any] | None = None
    think: Think = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    truncate: bool | None = None
    shift: bool | None = None

    @model_validator(mode="after")
    def check_logprobs(self) -> Self:
        """Alternatives are listed beside log probabilities, or nowhere."""
        if self.top_logprobs and not self.logprobs:
            message = "'top_logprobs' is only allowed when 'logprobs' is true"
            raise invalid_value("top_logprobs", message)
        return self

    @property
    def core_format(self) -> Format:
        if isinstance(self.format, dict):
            return JsonSchema(schema=self.format)
        return JsonObject() if self.format == "json" else FreeText()

    @property
    def effort(self) -> Effort | None:
        if self.think is None or self.think == "":
            return None
        if self.think is False:
            return "none"
        return "medium" if self.think is True else self.think

    @property
    def alternatives(self) -> int | None:
        """How many alternatives of each token are wanted; None for no log probabilities."""
        return (self.top_logprobs or 0) if self.logprobs else None

    def check(self, capabilities: Collection[str], kind: str) -> None:
        """Raises InvalidRequest where the model can't do what is asked."""
        if "completion" not in capabilities:
            raise InvalidRequest(f"'{self.model}' does not support {kind}", param="model")
        if self.think and "thinking" not in capabilities:
            raise InvalidRequest(f"'{self.model}' does not support thinking", param="think")


async def parts(text: str, pictures: list[str] | None, path: str, images: ImageLoader) -> tuple[Part, ...]:
    """A text, and pictures in base64."""
    loaded = [await images.load(data, f"{path}[{place}]") for place, data in enumerate(pictures or ())]
    return (*loaded, *((Text(text),) if text or not loaded else ()))
