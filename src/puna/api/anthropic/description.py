"""What can be asked for in Anthropic's API, for `/openapi.json`."""

from puna.api.anthropic import answers
from puna.api.anthropic.body import CountBody, MessagesBody
from puna.api.description import Operation, Schema

MESSAGES = [{"role": "user", "content": "Say hello."}]
PAGE: dict[str, Schema] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    "after_id": {"type": "string"},
    "before_id": {"type": "string"},
}
VERSION: dict[str, Schema] = {"anthropic-version": {"type": "string"}}
ERROR: Schema = {
    "type": "object",
    "required": ["type", "error"],
    "properties": {
        "type": {"const": "error"},
        "error": {
            "type": "object",
            "required": ["type", "message"],
            "properties": {"type": {"type": "string"}, "message": {"type": "string"}},
        },
    },
}

OPERATIONS = (
    Operation(
        "POST", "/v1/messages", "Create a message.", MessagesBody,
        {"model": "tiny", "max_tokens": 16, "messages": MESSAGES},
        answers.MessageAnswer, "text/event-stream", answers.MessageEvent,
    ),
    Operation(
        "POST", "/v1/messages/count_tokens", "Count the tokens of a prompt.", CountBody,
        {"model": "tiny", "messages": MESSAGES}, answers.CountedPrompt,
    ),
    Operation(
        "GET", "/v1/models", "With the header, in Anthropic's form and in pages.", answer=answers.ModelInfos,
        query=PAGE, headers=VERSION, error=ERROR,
    ),
    Operation(
        "GET", "/v1/models/{model:path}", "With the header, in Anthropic's form.", answer=answers.ModelInfo,
        headers=VERSION, error=ERROR,
    ),
)  # fmt: skip
