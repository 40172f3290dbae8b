"""Anthropic's Messages API, under /v1/messages, and its models by its header."""

from starlette.datastructures import Headers
from starlette.routing import Route

from puna.api.anthropic.errors import claims, render_error, status, unknown_path, wrong_method
from puna.api.dialect import Dialect, bearer
from puna.api.endpoint import endpoint
from puna.core.subjects import Subject


def api_key(headers: Headers) -> str:
    """The key of the `x-api-key` header, else that of an `Authorization` header."""
    return headers.get("x-api-key", "").strip() or bearer(headers)


def name_of(about: Subject, body: object) -> str | None:
    """What a body calls the part that an error is about."""
    from puna.api.anthropic.subjects import name_of

    return name_of(about, body)


DIALECT = Dialect(
    name="Anthropic",
    routes=[
        Route("/v1/messages", endpoint("puna.api.anthropic.routes:create"), methods=["POST"]),
        Route("/v1/messages/count_tokens", endpoint("puna.api.anthropic.routes:count"), methods=["POST"]),
        Route("/v1/models", endpoint("puna.api.anthropic.models:index")),
        Route("/v1/models/{model:path}", endpoint("puna.api.anthropic.models:retrieve")),
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
