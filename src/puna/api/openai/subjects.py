"""What OpenAI's bodies call the part of a request that an error is about."""

from collections.abc import Sequence
from typing import Protocol

from puna.api.openai.chat.body import ChatBody, Reasoning
from puna.api.openai.completions.body import CompletionBody
from puna.api.openai.embeddings import EmbeddingBody
from puna.api.openai.generation import GenerationBody
from puna.api.openai.images.body import ImageBody
from puna.api.openai.responses.body import CompactBody, Prompt
from puna.core.subjects import (
    AnswerGrammar,
    AnswerSchema,
    Conversation,
    InputAt,
    MessageAt,
    PromptAt,
    RequestedModel,
    Setting,
    Subject,
    ToolGrammar,
    ToolSchema,
)


class Tool(Protocol):
    """A tool of a body."""

    @property
    def name(self) -> str: ...


def name_of(about: Subject, body: object) -> str | None:
    """The field's name, as OpenAI writes it: `messages[0]`, `tools[1].function.parameters.properties.x`."""
    match about, body:
        case RequestedModel(), _:
            return "model"
        case Conversation() | MessageAt(), Prompt() | CompactBody():
            return "input"
        case MessageAt(from_end), ChatBody(messages=messages) if from_end <= len(messages):
            return f"messages[{len(messages) - from_end}]"
        case Conversation() | MessageAt(), _:
            return "messages"
        case PromptAt(), ImageBody():
            return "prompt"
        case PromptAt(index), CompletionBody(prompt=prompt):
            return element("prompt", prompt, index)
        case InputAt(index), EmbeddingBody(input=inputs):
            return element("input", inputs, index)
        case AnswerSchema(path), Prompt():
            return inside("text.format.schema", path)
        case AnswerSchema(path), GenerationBody(form_field=field):
            return inside(field, path)
        case AnswerGrammar(), GenerationBody(form_field=field):
            return field
        case ToolSchema(tool, path), ChatBody(functions=list(functions)):
            return inside(f"functions[{index_of(tool, functions)}].parameters", path)
        case ToolSchema(tool, path), ChatBody(tools=list(tools)):
            return inside(f"tools[{index_of(tool, tools)}].function.parameters", path)
        case ToolSchema(tool, path), Prompt(toolbox=toolbox):
            return inside(f"{toolbox.place_of(tool)}.parameters", path)
        case ToolGrammar(tool), ChatBody(tools=list(tools)):
            return f"tools[{index_of(tool, tools)}].custom.format.grammar.definition"
        case ToolGrammar(tool), Prompt(toolbox=toolbox):
            return f"{toolbox.place_of(tool)}.format.definition"
        case Setting("max_tokens"), Prompt():
            return "max_output_tokens"
        case Setting("thinking_tokens"), ChatBody(reasoning=Reasoning(max_tokens=int())):
            return "reasoning.max_tokens"
        case Setting("thinking_tokens"), _:
            return "thinking.budget_tokens"
        case Setting(name), _:
            return name
        case _:
            return None


def element(field: str, given: object, index: int) -> str:
    """The field, or one of its elements where it holds several prompts. A list of numbers is one prompt."""
    several = isinstance(given, list) and len(given) > 1 and not isinstance(given[0], int)
    return f"{field}[{index}]" if several else field


def inside(root: str, path: Sequence[str]) -> str:
    """A keyword of the schema at `root`."""
    return ".".join((root, *path))


def index_of(name: str, tools: Sequence[Tool]) -> int:
    """Which of the tools has that name."""
    return [tool.name for tool in tools].index(name)
