"""OpenAI's API as an ASGI application of its own, mounted under /v1."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.routing import Route

from puna.api.dialect import Dialect
from puna.api.openai import embeddings, models
from puna.api.openai.chat import routes as chat
from puna.api.openai.completions import routes as completions
from puna.api.openai.conversations.routes import routes as conversation_routes
from puna.api.openai.errors import render_error, unknown_path, wrong_method
from puna.api.openai.responses.routes import routes as response_routes
from puna.api.openai.responses.service import Responses
from puna.api.openai.subjects import name_of
from puna.images.load import ImageLoader
from puna.inference.inference import Inference
from puna.library.library import Library

DIALECT = Dialect(name_of, render_error, unknown_path, wrong_method)


def application(
    library: Library,
    inference: Inference,
    images: ImageLoader,
    responses: Responses,
    *,
    limits: Mapping[str, int | None],
) -> Starlette:
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
    app = DIALECT.application(routes, limits)
    app.state.library = library
    app.state.inference = inference
    app.state.images = images
    app.state.responses = responses
    return app
