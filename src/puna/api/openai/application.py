"""OpenAI's API, under /v1."""

from starlette.routing import BaseRoute, Route, WebSocketRoute

from puna.api.dialect import Dialect
from puna.api.endpoint import endpoint, websocket
from puna.api.openai.errors import claims, render_error, unknown_path, wrong_method
from puna.core.subjects import Subject

RESPONSES = "puna.api.openai.responses.routes"
CONVERSATIONS = "puna.api.openai.conversations.routes"

GENERATION: list[BaseRoute] = [
    Route("/v1/chat/completions", endpoint("puna.api.openai.chat.routes:create"), methods=["POST"]),
    Route("/v1/completions", endpoint("puna.api.openai.completions.routes:create"), methods=["POST"]),
    Route("/v1/embeddings", endpoint("puna.api.openai.embeddings:create"), methods=["POST"]),
    Route("/v1/images/generations", endpoint("puna.api.openai.images.routes:create"), methods=["POST"]),
]

STATE: list[BaseRoute] = [
    WebSocketRoute("/v1/responses", websocket("puna.api.openai.responses.socket:connect")),
    Route("/v1/responses", endpoint(f"{RESPONSES}:create"), methods=["POST"]),
    Route("/v1/responses/input_tokens", endpoint(f"{RESPONSES}:count_input_tokens"), methods=["POST"]),
    Route("/v1/responses/compact", endpoint(f"{RESPONSES}:create_compaction"), methods=["POST"]),
    Route("/v1/responses/{response_id}", endpoint(f"{RESPONSES}:retrieve"), methods=["GET"]),
    Route("/v1/responses/{response_id}", endpoint(f"{RESPONSES}:delete"), methods=["DELETE"]),
    Route("/v1/responses/{response_id}/cancel", endpoint(f"{RESPONSES}:cancel"), methods=["POST"]),
    Route("/v1/responses/{response_id}/input_items", endpoint(f"{RESPONSES}:list_input_items"), methods=["GET"]),
    Route("/v1/conversations", endpoint(f"{CONVERSATIONS}:index"), methods=["GET"]),
    Route("/v1/conversations", endpoint(f"{CONVERSATIONS}:create"), methods=["POST"]),
    Route("/v1/conversations/{conversation_id}", endpoint(f"{CONVERSATIONS}:retrieve"), methods=["GET"]),
    Route("/v1/conversations/{conversation_id}", endpoint(f"{CONVERSATIONS}:update"), methods=["POST"]),
    Route("/v1/conversations/{conversation_id}", endpoint(f"{CONVERSATIONS}:delete"), methods=["DELETE"]),
    Route("/v1/conversations/{conversation_id}/items", endpoint(f"{CONVERSATIONS}:create_items"), methods=["POST"]),
    Route("/v1/conversations/{conversation_id}/items", endpoint(f"{CONVERSATIONS}:list_items"), methods=["GET"]),
    Route(
        "/v1/conversations/{conversation_id}/items/{item_id}",
        endpoint(f"{CONVERSATIONS}:retrieve_item"),
        methods=["GET"],
    ),
    Route(
        "/v1/conversations/{conversation_id}/items/{item_id}",
        endpoint(f"{CONVERSATIONS}:delete_item"),
        methods=["DELETE"],
    ),
]

MODELS: list[BaseRoute] = [
    Route("/v1/models", endpoint("puna.api.openai.models:index")),
    Route("/v1/models/{model:path}", endpoint("puna.api.openai.models:retrieve")),
]


def name_of(about: Subject, body: object) -> str | None:
    """What a body calls the part that an error is about. It knows all bodies, which most programs have no use for."""
    from puna.api.openai.subjects import name_of

    return name_of(about, body)


DIALECT = Dialect(
    name="OpenAI",
    routes=[*GENERATION, *STATE, *MODELS],
    claims=claims,
    name_of=name_of,
    error=render_error,
    unknown_path=unknown_path,
    wrong_method=wrong_method,
)
