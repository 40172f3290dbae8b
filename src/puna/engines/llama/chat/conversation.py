"""What every way to answer a conversation needs of its engine."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

from puna.engines.llama.chat.traits import Traits
from puna.engines.llama.saved import ReadPrompts
from puna.engines.process.client import EngineClient
from puna.formats.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The engine's client and what its model and template can do. The engine makes up to `sequences` choices at once;
    the `vocabulary` is read from the model's file when it is first asked for. `predicts` says whether the engine
    takes a text to draft from, `prompts` are those that it has read."""

    client: EngineClient
    traits: Traits
    context_length: int
    sequences: int
    vocabulary: Callable[[], Awaitable[Vocabulary]]
    predicts: bool = False
    prompts: ReadPrompts | None = None

    async def tokens(self, text: str, *, special: bool = False) -> list[int]:
        """A text in the model's tokens. With `special` it is a prompt, with what stands before every prompt, and with
        tokens that no text has where their names stand."""
        body = {"content": text, "add_special": special, "parse_special": special}
        return cast("list[int]", (await self.client.post("/tokenize", body))["tokens"])
