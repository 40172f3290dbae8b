"""Which models a request may use: all of them, or those of the API key that it came with."""

from collections.abc import Callable

from starlette.requests import Request

from puna.core.errors import Forbidden

Admits = Callable[[str], bool]


def admits(request: Request, model: str) -> bool:
    """Whether the request may use that model."""
    known: Admits | None = getattr(request.state, "admits", None)
    return known is None or known(model)


def require(request: Request, model: str) -> None:
    """Raises Forbidden where the request may not use that model."""
    if not admits(request, model):
        raise Forbidden(f"The API key may not use the model '{model}'.")
