"""GET /api/tags: the list of models. It imports little, `puna list` has to be quick."""

from typing import Any

from starlette.requests import Request

from puna.api.json import JSONResponse
from puna.api.ollama.details import render_details, render_time
from puna.library.library import Library
from puna.library.model import Model


async def index(request: Request) -> JSONResponse:
    """Every model of the library."""
    library: Library = request.app.state.library
    return JSONResponse({"models": [render(model) for model in library.list()]})


def render(model: Model) -> dict[str, Any]:
    """One row of the list."""
    return {
        "name": str(model.name),
        "model": str(model.name),
        "modified_at": render_time(model.modified),
        "size": model.size,
        "digest": model.digest,
        "details": render_details(model),
    }
