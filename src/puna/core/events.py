"""What an engine yields while it answers.

For each choice deltas and then one `Finished`; after all choices one `Done`.
"""

from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of a choice's text; `index` is the choice's."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A choice is complete: by its own end or a stop sequence (`stop`), or by a token limit (`length`)."""

    index: int
    reason: FinishReason


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one request. `cached_tokens` of the prompt needed no evaluation."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """The request is complete, every choice of it."""

    usage: Usage


Event = TextDelta | Finished | Done
