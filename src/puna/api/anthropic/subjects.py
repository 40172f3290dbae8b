"""What the Messages API's bodies call the part of a request that an error is about."""

from puna.api.anthropic.body import PromptBody
from puna.api.anthropic.conversation import turns
from puna.core.subjects import (
    AnswerSchema,
    Conversation,
    MessageAt,
    RequestedModel,
    Setting,
    Subject,
    ToolGrammar,
    ToolSchema,
)

FIELDS = {"stop": "stop_sequences"}
"""Settings that are called otherwise."""


def name_of(about: Subject, body: object) -> str | None:
    """The field's name: `messages[0]`, `tools[1].input_schema.properties.x`."""
    match about, body:
        case RequestedModel(), _:
            return "model"
        case MessageAt(from_end), PromptBody(messages=messages):
            given = turns(messages)
            return f"messages[{given[-from_end].place}]" if from_end <= len(given) else "system"
        case Conversation() | MessageAt(), _:
            return "messages"
        case AnswerSchema(path), PromptBody(output_format=None):
            return ".".join(("output_config.format.schema", *path))
        case AnswerSchema(path), _:
            return ".".join(("output_format.schema", *path))
        case ((ToolSchema(tool) | ToolGrammar(tool)), PromptBody(tools=list(tools))):
            index = [given_tool.name for given_tool in tools].index(tool)
            path = about.path if isinstance(about, ToolSchema) else ()
            return ".".join((f"tools[{index}].input_schema", *path))
        case Setting("thinking_tokens"), _:
            return "thinking.budget_tokens"
        case Setting(name), _:
            return FIELDS.get(name, name)
        case _:
            return None
