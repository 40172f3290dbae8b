"""Ollama's native API, under /api."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from puna import __version__
from puna.api.dialect import Dialect
from puna.api.endpoint import endpoint
from puna.api.ollama.errors import claims, render_error, unknown_path, wrong_method
from puna.core.subjects import Subject
from puna.http.json import JSONResponse

CHANGING = re.compile(r"/api/(create|copy|delete|pull|push|blobs)\b")
"""The paths that make, fetch or delete models."""

LEVEL = "0.14.2"
"""The version of Ollama whose API Puna keeps up with: the last one before it makes pictures."""


async def version(_: Request) -> Response:
    """The level of Ollama's API that is spoken here, which clients ask for before they use it, and Puna's version."""
    return JSONResponse({"version": LEVEL, "puna": __version__})


def name_of(about: Subject, body: object) -> str | None:
    """What a body calls the part that an error is about. Most commands never ask."""
    from puna.api.ollama.subjects import name_of

    return name_of(about, body)


def changes_models(request: Request) -> bool:
    """Whether a request may change which models there are; a HEAD only asks for a blob."""
    return request.method != "HEAD" and CHANGING.match(request.scope["path"]) is not None


DIALECT = Dialect(
    name="Ollama",
    routes=[
        Route("/api/version", version),
        Route("/api/tags", endpoint("puna.api.ollama.models:index")),
        Route("/api/chat", endpoint("puna.api.ollama.chat:create"), methods=["POST"]),
        Route("/api/generate", endpoint("puna.api.ollama.generate:create"), methods=["POST"]),
        Route("/api/embed", endpoint("puna.api.ollama.embeddings:embed"), methods=["POST"]),
        Route("/api/embeddings", endpoint("puna.api.ollama.embeddings:embeddings"), methods=["POST"]),
        Route("/api/ps", endpoint("puna.api.ollama.running:index")),
        Route("/api/show", endpoint("puna.api.ollama.models:show"), methods=["POST"]),
        Route("/api/copy", endpoint("puna.api.ollama.models:copy"), methods=["POST"]),
        Route("/api/delete", endpoint("puna.api.ollama.models:delete"), methods=["DELETE"]),
        Route("/api/create", endpoint("puna.api.ollama.creation:create"), methods=["POST"]),
        Route("/api/pull", endpoint("puna.api.ollama.transfers:pull"), methods=["POST"]),
        Route("/api/push", endpoint("puna.api.ollama.transfers:push"), methods=["POST"]),
        Route("/api/blobs/{digest}", endpoint("puna.api.ollama.blobs:head"), methods=["HEAD"]),
        Route("/api/blobs/{digest}", endpoint("puna.api.ollama.blobs:create"), methods=["POST"]),
    ],
    claims=claims,
    name_of=name_of,
    error=render_error,
    unknown_path=unknown_path,
    wrong_method=wrong_method,
    changes_models=changes_models,
)
