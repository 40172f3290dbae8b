"""What an error is about, in no dialect's words: each dialect names it as its own bodies do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestedModel:
    """The model that was asked for."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """All messages together: the prompt that they make."""


@dataclass(frozen=True, slots=True)
class MessageAt:
    """One message of a conversation, counted from its end: the last one is 1.

    What a Modelfile puts before a client's messages leaves this number as it is.
    """

    from_end: int


@dataclass(frozen=True, slots=True)
class PromptAt:
    """One prompt of a completion, counted from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class InputAt:
    """One input that is to be embedded, counted from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class AnswerSchema:
    """The JSON Schema of the answer, and the keyword in it that `path` leads to from its root."""

    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """The JSON Schema of a tool's arguments, and the keyword in it that `path` leads to from its root."""

    tool: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolGrammar:
    """The grammar of the text that a tool takes."""

    tool: str


@dataclass(frozen=True, slots=True)
class AnswerGrammar:
    """The grammar of the answer's text."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Any other part of a request, by the core's name for it: a field of `Sampling`, or `suffix`."""

    name: str


Subject = (
    RequestedModel
    | Conversation
    | MessageAt
    | PromptAt
    | InputAt
    | AnswerSchema
    | ToolSchema
    | ToolGrammar
    | AnswerGrammar
    | Setting
)
"""Everything that an error of the core, of inference or of an engine can be about."""
