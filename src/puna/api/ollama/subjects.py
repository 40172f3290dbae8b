"""What the native API's bodies call the part of a request that an error is about."""

from puna.api.ollama.chat import ChatBody
from puna.api.ollama.embeddings import EmbedBody, OlderBody
from puna.api.ollama.generate import GenerateBody
from puna.core.subjects import (
    AnswerSchema,
    Conversation,
    InputAt,
    MessageAt,
    PromptAt,
    RequestedModel,
    Setting,
    Subject,
    ToolSchema,
)

OPTIONS = {"max_tokens": "num_predict"}
"""Settings that are called otherwise among `options`."""
FIELDS = frozenset({"suffix", "quantize", "template"})
"""Settings that are fields of a body, beside `options`."""


def name_of(about: Subject, body: object) -> str | None:
    """The field's name: `messages[0]`, `tools[1].function.parameters.properties.x`, `options.num_predict`."""
    match about, body:
        case RequestedModel(), _:
            return "model"
        case MessageAt(from_end), ChatBody(messages=list(messages)) if from_end <= len(messages):
            return f"messages[{len(messages) - from_end}]"
        case Conversation() | MessageAt(), ChatBody():
            return "messages"
        case (Conversation() | MessageAt() | PromptAt(), GenerateBody()) | (InputAt(), OlderBody()):
            return "prompt"
        case InputAt(index), EmbedBody(input=inputs):
            return f"input[{index}]" if isinstance(inputs, list) and len(inputs) > 1 else "input"
        case AnswerSchema(path), _:
            return ".".join(("format", *path))
        case ToolSchema(tool, path), ChatBody(tools=list(tools)):
            index = [tool.name for tool in tools].index(tool)
            return ".".join((f"tools[{index}].function.parameters", *path))
        case Setting("size"), GenerateBody():
            return "width"
        case Setting("steps" | "negative_prompt" | "guidance" as name), GenerateBody():
            return name
        case Setting(name), _:
            return name if name in FIELDS else f"options.{OPTIONS.get(name, name)}"
        case _:
            return None
