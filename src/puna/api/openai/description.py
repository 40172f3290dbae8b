"""What can be asked for in OpenAI's API, for `/openapi.json`."""

from typing import get_args

from puna.api.description import Operation, Schema
from puna.api.openai.chat.body import ChatBody
from puna.api.openai.completions.body import CompletionBody
from puna.api.openai.conversations.body import AddItems, CreateConversation, UpdateConversation
from puna.api.openai.embeddings import EmbeddingBody
from puna.api.openai.responses.body import CompactBody, CountBody, CreateBody, Includable

EVENTS = "text/event-stream"
MESSAGES = [{"role": "user", "content": "Say hello."}]
INCLUDE: dict[str, Schema] = {"include": {"type": "array", "items": {"enum": list(get_args(Includable))}}}
PAGE: dict[str, Schema] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 100},
    "order": {"enum": ["asc", "desc"]},
    "after": {"type": "string"},
    **INCLUDE,
}
RESPONSE, CONVERSATION = "/v1/responses/{response_id}", "/v1/conversations/{conversation_id}"
ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}

OPERATIONS = (
    Operation(
        "POST", "/v1/chat/completions", "Answer a conversation.", ChatBody,
        {"model": "tiny", "messages": MESSAGES, "max_tokens": 16}, EVENTS,
    ),
    Operation(
        "POST", "/v1/completions", "Go on after a prompt.", CompletionBody,
        {"model": "tiny", "prompt": "Once upon a time", "max_tokens": 16}, EVENTS,
    ),
    Operation(
        "POST", "/v1/embeddings", "Embed texts.", EmbeddingBody, {"model": "tiny", "input": ["hello", "world"]}
    ),
    Operation(
        "POST", "/v1/responses", "Make a response.", CreateBody,
        {"model": "tiny", "input": "Say hello.", "max_output_tokens": 16}, EVENTS,
    ),
    Operation(
        "POST", "/v1/responses/input_tokens", "How many tokens a prompt has.", CountBody,
        {"model": "tiny", "input": "Say hello."},
    ),
    Operation(
        "POST", "/v1/responses/compact", "Shorten a conversation.", CompactBody,
        {"model": "tiny", "input": "Say hello."},
    ),
    Operation(
        "GET", RESPONSE, "A response that was made.", stream=EVENTS,
        query={"stream": {"enum": ["true", "false"]}, "starting_after": {"type": "integer", "minimum": 0}, **INCLUDE},
    ),
    Operation("DELETE", RESPONSE, "Forget a response."),
    Operation("POST", f"{RESPONSE}/cancel", "End a background response."),
    Operation("GET", f"{RESPONSE}/input_items", "What a response was made from.", query=PAGE),
    Operation(
        "POST", "/v1/conversations", "A new conversation.", CreateConversation,
        {"items": MESSAGES, "metadata": {"topic": "greetings"}},
    ),
    Operation("GET", CONVERSATION, "A conversation, without its items."),
    Operation("POST", CONVERSATION, "Replace its metadata.", UpdateConversation, {"metadata": {"topic": "other"}}),
    Operation("DELETE", CONVERSATION, "Forget a conversation."),
    Operation("POST", f"{CONVERSATION}/items", "Add items at the end.", AddItems, {"items": MESSAGES}, query=INCLUDE),
    Operation("GET", f"{CONVERSATION}/items", "Its items, in pages.", query=PAGE),
    Operation("GET", f"{CONVERSATION}/items/{{item_id}}", "One item.", query=INCLUDE),
    Operation("DELETE", f"{CONVERSATION}/items/{{item_id}}", "Forget one item."),
    Operation("GET", "/v1/models", "All models."),
    Operation("GET", "/v1/models/{model:path}", "One model."),
)  # fmt: skip
