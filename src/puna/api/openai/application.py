"""OpenAI's API as an ASGI application of its own, mounted under /v1."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from puna.api.exchange import ClientGone
from puna.api.openai import chat, completions, embeddings, models
from puna.api.openai.conversations.routes import routes as conversation_routes
from puna.api.openai.errors import error_response, unknown_path, wrong_method
from puna.api.openai.responses.routes import routes as response_routes
from puna.api.openai.responses.service import Responses
from puna.core.errors import PunaError
from puna.images.load import ImageLoader
from puna.inference import Inference
from puna.library.library import Library


def application(library: Library, inference: Inference, images: ImageLoader, responses: Responses) -> Starlette:
    """The application, answering from that library, with that inference and those responses."""
    routes = [
        Route("/chat/completions", chat.create, methods=["POST"]),
        Route("/completions", completions.create, methods=["POST"]),
        Route("/embeddings", embeddings.create, methods=["POST"]),
        *response_routes,
        *conversation_routes,
        Route("/models", models.index),
        Route("/models/{model:path}", models.retrieve),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: not_routed,
            PunaError: refused,
            ClientGone: gone,
            Exception: broken,
        },
    )
    app.router.redirect_slashes = False
    app.state.library = library
    app.state.inference = inference
    app.state.images = images
    app.state.responses = responses
    return app


async def not_routed(request: Request, error: Exception) -> Response:
    """Starlette's own refusals: no such path, or not with this method."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return wrong_method(request, (error.headers or {}).get("Allow", ""))
    return unknown_path(request)


async def refused(_: Request, error: Exception) -> Response:
    """What Puna says in place of an answer."""
    assert isinstance(error, PunaError)
    return error_response(error)


async def gone(_: Request, __: Exception) -> Response:
    """Nobody is there to read it; the log shows nginx's status for a client that left."""
    return Response(status_code=499)


async def broken(_: Request, error: Exception) -> Response:
    """A defect of Puna's. The traceback goes to the log."""
    return error_response(PunaError(f"internal error: {type(error).__name__}"))
