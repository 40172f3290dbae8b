"""GET /v1/models and /v1/models/{model}, in Anthropic's form."""

import asyncio
from typing import Any

from starlette.requests import Request

from puna.api.mistakes import invalid_value
from puna.api.services import Services, services_of
from puna.core.capabilities import Capability
from puna.core.errors import InvalidRequest, PunaError
from puna.http.admission import admits, require
from puna.http.json import JSONResponse
from puna.library.listing import Listed, listed
from puna.library.names import ModelName

Object = dict[str, Any]
PAGE, MOST = 20, 1000
"""How many models are in a page, and how many may be."""


def supported(yes: bool) -> Object:
    return {"supported": yes}


def render_capabilities(found: frozenset[Capability]) -> Object:
    """What a model can do, in Anthropic's words. What Anthropic's servers do beside the model is not here."""
    chats, thinks = "completion" in found, "thinking" in found
    levels = ("low", "medium", "high", "xhigh", "max")
    return {
        "batch": supported(False),
        "citations": supported(False),
        "code_execution": supported(False),
        "context_management": {
            "supported": thinks,
            "clear_thinking_20251015": supported(thinks),
            "clear_tool_uses_20250919": supported(False),
            "compact_20260112": supported(False),
        },
        "effort": {"supported": thinks, **{level: supported(thinks) for level in levels}},
        "image_input": supported("vision" in found),
        "pdf_input": supported(False),
        "server_tools": {
            "supported": False,
            "code_execution": supported(False),
            "web_search": supported(False),
        },
        "structured_outputs": supported(chats),
        "thinking": {
            "supported": thinks,
            "types": {
                "adaptive": supported(thinks),
                "between_tools": supported(False),
                "disabled": supported(chats),
                "enabled": supported(thinks),
            },
        },
    }


def render(model: Listed, services: Services) -> Object:
    """Anthropic's model object. A model whose file can't be read has no capabilities to tell."""
    try:
        found = services.library.get(ModelName.parse(model.name))
        capabilities = render_capabilities(frozenset(found.capabilities))
        context = services.inference.context_length(model.name)
    except PunaError:
        capabilities, context = None, None
    return {
        "type": "model",
        "id": model.name,
        "display_name": model.name,
        "created_at": model.modified,
        "lifecycle": "active",
        "line": None,
        "capabilities": capabilities,
        "max_input_tokens": context,
        "max_tokens": context,
        "deprecated_at": None,
        "retires_at": None,
    }


async def index(request: Request) -> JSONResponse:
    """The models of the library, in pages."""
    services = services_of(request)
    models = [model for model in await asyncio.to_thread(services.library.list) if admits(request, model.name)]
    if request.query_params.getlist("lifecycle") and "active" not in request.query_params.getlist("lifecycle"):
        models = []
    shown, more = page(request, models)
    data = await asyncio.to_thread(lambda: [render(model, services) for model in shown])
    ids = [model["id"] for model in data]
    return JSONResponse(
        {"data": data, "has_more": more, "first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
    )


def page(request: Request, models: list[Listed]) -> tuple[list[Listed], bool]:
    """The models that were asked for, and whether there are more in that direction. Raises InvalidRequest."""
    names = [model.name for model in models]
    limit = limit_of(request)
    before, after = (request.query_params.get(name) for name in ("before_id", "after_id"))
    for param, name in (("before_id", before), ("after_id", after)):
        if name is not None and name not in names:
            raise InvalidRequest(f"Invalid '{param}': there is no model '{name}'.", param=param)
    if before is not None:
        earlier = models[: names.index(before)]
        return earlier[-limit:], len(earlier) > limit
    later = models[names.index(after) + 1 :] if after is not None else models
    return later[:limit], len(later) > limit


def limit_of(request: Request) -> int:
    """How many models are wanted. Raises InvalidRequest."""
    given = request.query_params.get("limit", str(PAGE))
    if not given.isascii() or not given.isdecimal() or not 1 <= int(given) <= MOST:
        message = f"Invalid 'limit': expected a whole number from 1 to {MOST}."
        raise invalid_value("limit", message)
    return int(given)


async def retrieve(request: Request) -> JSONResponse:
    """One model, by a name that may have `/` and `:` in it; its `id` is the name that was asked for."""
    services = services_of(request)
    name = request.path_params["model"]
    require(request, name)
    found = listed(services.library.get(ModelName.parse(name)))
    return JSONResponse(await asyncio.to_thread(render, found, services) | {"id": name})
