"""OpenAI's API, under /v1."""

from starlette.routing import Route

from puna.api.dialect import Dialect
from puna.api.openai import embeddings, models
from puna.api.openai.chat import routes as chat
from puna.api.openai.completions import routes as completions
from puna.api.openai.conversations.routes import routes as conversation_routes
from puna.api.openai.errors import claims, render_error, unknown_path, wrong_method
from puna.api.openai.responses.routes import routes as response_routes
from puna.api.openai.subjects import name_of

DIALECT = Dialect(
    name="OpenAI",
    routes=[
        Route("/v1/chat/completions", chat.create, methods=["POST"]),
        Route("/v1/completions", completions.create, methods=["POST"]),
        Route("/v1/embeddings", embeddings.create, methods=["POST"]),
        *response_routes,
        *conversation_routes,
        Route("/v1/models", models.index),
        Route("/v1/models/{model:path}", models.retrieve),
    ],
    claims=claims,
    name_of=name_of,
    error=render_error,
    unknown_path=unknown_path,
    wrong_method=wrong_method,
)
