"""GET /v1/models and /v1/models/{model}."""

import asyncio
from typing import Any

from starlette.requests import Request

from puna.api.services import services_of
from puna.http.admission import admits, require
from puna.http.json import JSONResponse
from puna.library.listing import Listed, listed
from puna.library.names import ModelName


def render(model: Listed) -> dict[str, Any]:
    """OpenAI's model object; the owner is the name's namespace, as with Ollama."""
    return {
        "id": model.name,
        "object": "model",
        "created": model.modified_ns // 10**9,
        "owned_by": model.namespace,
    }


async def index(request: Request) -> JSONResponse:
    """Every model of the library. Codex, which tells its version, reads of them under `models`. None is there: with
    an entry it would need instructions, which take the place of its own for models that it does not know."""
    models = await asyncio.to_thread(services_of(request).library.list)
    shown = [render(model) for model in models if admits(request, model.name)]
    codex: dict[str, Any] = {"models": []} if "client_version" in request.query_params else {}
    return JSONResponse({"object": "list", "data": shown, **codex})


async def retrieve(request: Request) -> JSONResponse:
    """One model, by a name that may have `/` and `:` in it. Its `id` is the name that was asked for, as it is with
    OpenAI and Ollama, so that programs find what they looked for."""
    library = services_of(request).library
    name = request.path_params["model"]
    require(request, name)
    return JSONResponse(render(listed(library.get(ModelName.parse(name)))) | {"id": name})
