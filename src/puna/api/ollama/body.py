"""Request bodies of the native API."""

from typing import Self, TypeVar

from pydantic import model_validator
from starlette.requests import Request

from puna.core.errors import InvalidRequest
from puna.http.body import Body
from puna.http.body import read_body as read_strictly
from puna.library.names import ModelName
from puna.library.parameters import Parameters

B = TypeVar("B", bound=Body)


async def read_body(request: Request, kind: type[B]) -> B:
    """The request's body. An option that stands beside `options` gets a hint. Raises InvalidRequest."""
    try:
        return await read_strictly(request, kind)
    except InvalidRequest as error:
        if error.code == "unknown_parameter" and "options" in kind.model_fields and error.param in Parameters.kinds():
            message = f"{error.message} Put it in 'options'."
            raise InvalidRequest(message, param=error.param, code=error.code) from error
        raise


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
