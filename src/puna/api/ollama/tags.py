"""GET /api/tags: the list of models."""

import asyncio

from starlette.requests import Request

from puna.api.ollama.summary import render_summary
from puna.http.json import JSONResponse
from puna.library.library import Library


async def index(request: Request) -> JSONResponse:
    """Every model of the library."""
    library: Library = request.app.state.library
    models = await asyncio.to_thread(library.list)
    return JSONResponse({"models": [render_summary(model) for model in models]})
