"""Anthropic's Messages API, under /v1/messages, and its models by its header."""

from starlette.datastructures import Headers
from starlette.routing import Route

from puna.api.anthropic import models, routes
from puna.api.anthropic.errors import claims, render_error, status, unknown_path, wrong_method
from puna.api.anthropic.subjects import name_of
from puna.api.dialect import Dialect, bearer


def api_key(headers: Headers) -> str:
    """The key of the `x-api-key` header, else that of an `Authorization` header."""
    return headers.get("x-api-key", "").strip() or bearer(headers)


DIALECT = Dialect(
    name="Anthropic",
    routes=[
        Route("/v1/messages", routes.create, methods=["POST"]),
        Route("/v1/messages/count_tokens", routes.count, methods=["POST"]),
        Route("/v1/models", models.index),
        Route("/v1/models/{model:path}", models.retrieve),
    ],
    claims=claims,
    name_of=name_of,
    error=render_error,
    unknown_path=unknown_path,
    wrong_method=wrong_method,
    status=status,
    api_key=api_key,
    key_wanted="x-api-key: YOUR_KEY",
    id_headers=("x-request-id", "request-id"),
)
