"""GET /v1/models and /v1/models/{model}."""

from typing import Any

from starlette.requests import Request

from puna.api.json import JSONResponse
from puna.library.library import Library
from puna.library.model import Model
from puna.library.names import ModelName


def render(model: Model) -> dict[str, Any]:
    """OpenAI's model object; the owner is the name's namespace, as with Ollama."""
    return {
        "id": str(model.name),
        "object": "model",
        "created": int(model.modified.timestamp()),
        "owned_by": model.name.namespace,
    }


async def index(request: Request) -> JSONResponse:
    """Every model of the library."""
    library: Library = request.app.state.library
    return JSONResponse({"object": "list", "data": [render(model) for model in library.list()]})


async def retrieve(request: Request) -> JSONResponse:
    """One model, by a name that may have `/` and `:` in it."""
    library: Library = request.app.state.library
    return JSONResponse(render(library.get(ModelName.parse(request.path_params["model"]))))
