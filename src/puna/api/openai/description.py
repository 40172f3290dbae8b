"""What can be asked for in OpenAI's API, for `/openapi.json`."""

from typing import get_args

from puna.api.description import Operation, Schema
from puna.api.openai import answers
from puna.api.openai.chat.body import ChatBody
from puna.api.openai.completions.body import CompletionBody
from puna.api.openai.conversations.body import AddItems, CreateConversation, UpdateConversation
from puna.api.openai.embeddings import EmbeddingBody
from puna.api.openai.images.body import ImageBody
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
        "POST", "/v1/chat/completions", "Create a chat completion.", ChatBody,
        {"model": "tiny", "messages": MESSAGES, "max_tokens": 16},
        answers.ChatCompletion, EVENTS, answers.ChatCompletionChunk,
    ),
    Operation(
        "POST", "/v1/completions", "Create a completion.", CompletionBody,
        {"model": "tiny", "prompt": "Once upon a time", "max_tokens": 16},
        answers.Completion, EVENTS, answers.Completion,
    ),
    Operation(
        "POST", "/v1/embeddings", "Create embeddings.", EmbeddingBody, {"model": "tiny", "input": ["hello", "world"]},
        answers.Embeddings,
    ),
    Operation(
        "POST", "/v1/images/generations", "Make pictures.", ImageBody,
        {"model": "tiny-image", "prompt": "a red circle", "size": "256x256"},
        answers.Images, EVENTS, answers.ImageEvent,
    ),
    Operation(
        "POST", "/v1/responses", "Create a response.", CreateBody,
        {"model": "tiny", "input": "Say hello.", "max_output_tokens": 16},
        answers.Response, EVENTS, answers.ResponseEvent,
    ),
    Operation(
        "POST", "/v1/responses/input_tokens", "Count the tokens of a prompt.", CountBody,
        {"model": "tiny", "input": "Say hello."}, answers.CountedTokens,
    ),
    Operation(
        "POST", "/v1/responses/compact", "Compact a conversation.", CompactBody,
        {"model": "tiny", "input": "Say hello."}, answers.Compaction,
    ),
    Operation(
        "GET", RESPONSE, "Get a response.", answer=answers.Response, stream=EVENTS,
        piece=answers.ResponseEvent,
        query={"stream": {"enum": ["true", "false"]}, "starting_after": {"type": "integer", "minimum": 0}, **INCLUDE},
    ),
    Operation("DELETE", RESPONSE, "Delete a response.", answer=answers.Deleted),
    Operation("POST", f"{RESPONSE}/cancel", "Cancel a background response.", answer=answers.Response),
    Operation("GET", f"{RESPONSE}/input_items", "List the input of a response.", answer=answers.Items, query=PAGE),
    Operation(
        "POST", "/v1/conversations", "Create a conversation.", CreateConversation,
        {"items": MESSAGES, "metadata": {"topic": "greetings"}}, answers.Conversation,
    ),
    Operation(
        "GET", "/v1/conversations", "List conversations, the last used ones first.", answer=answers.Conversations,
        query={name: schema for name, schema in PAGE.items() if name != "include"},
    ),
    Operation("GET", CONVERSATION, "Get a conversation.", answer=answers.Conversation),
    Operation(
        "POST", CONVERSATION, "Update a conversation.", UpdateConversation, {"metadata": {"topic": "other"}},
        answers.Conversation,
    ),
    Operation("DELETE", CONVERSATION, "Delete a conversation.", answer=answers.Deleted),
    Operation(
        "POST", f"{CONVERSATION}/items", "Add items.", AddItems, {"items": MESSAGES}, answers.Items,
        query=INCLUDE,
    ),
    Operation("GET", f"{CONVERSATION}/items", "List items.", answer=answers.Items, query=PAGE),
    Operation("GET", f"{CONVERSATION}/items/{{item_id}}", "Get an item.", answer=answers.Item, query=INCLUDE),
    Operation("DELETE", f"{CONVERSATION}/items/{{item_id}}", "Delete an item.", answer=answers.Conversation),
    Operation("GET", "/v1/models", "List models.", answer=answers.Models),
    Operation("GET", "/v1/models/{model:path}", "Get a model.", answer=answers.Model),
)  # fmt: skip
