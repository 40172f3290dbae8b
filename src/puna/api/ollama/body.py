"""Request bodies of the native API."""

from typing import Literal, Self

from pydantic import model_validator

from puna.api.body import Body, read_body
from puna.core.errors import InvalidRequest
from puna.library.names import ModelName

__all__ = ["Body", "ModelBody", "Unset", "read_body"]

Unset = Literal[""] | None
"""A field that Ollama's own client always sends, and that does nothing here."""


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
