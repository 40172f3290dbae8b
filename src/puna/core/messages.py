"""What a conversation is made of."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: the bytes of its file, and their media type (`image/png`)."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound: the bytes of its file, and their format (`wav`, `mp3`)."""

    data: bytes
    format: str


Part = Text | Image | Audio


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the assistant made. `arguments` is JSON as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation.

    `name` tells apart participants of the same role, `reasoning` is what the assistant thought before it
    answered, `tool_call_id` says which call a message of role `tool` is the result of.
    """

    role: Role
    content: tuple[Part, ...] = ()
    name: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """The text of all parts that are text, each on lines of its own."""
        return "\n".join(part.text for part in self.content if isinstance(part, Text))
