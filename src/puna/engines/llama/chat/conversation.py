"""What every way to answer a conversation needs of its engine."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from puna.engines.llama.chat.traits import Traits
from puna.engines.process.client import EngineClient
from puna.formats.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The engine's client and what its model and template can do. The engine makes up to `sequences` choices at once;
    the `vocabulary` is read from the model's file when it is first asked for."""

    client: EngineClient
    traits: Traits
    context_length: int
    sequences: int
    vocabulary: Callable[[], Awaitable[Vocabulary]]
