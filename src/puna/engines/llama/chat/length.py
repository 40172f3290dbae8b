"""Prompts that are far too long are refused by their beginning: reading all of one takes a second for every two
megabytes, and tools may make it that long."""

from puna.core.errors import ContextLengthExceeded
from puna.core.subjects import Conversation
from puna.engines.process.client import EngineClient

FAR = 16
"""A prompt of more characters than that for each token of the context is looked at."""


async def check_beginning(client: EngineClient, prompt: str, context_length: int) -> None:
    """Raises ContextLengthExceeded for a prompt whose beginning is certainly too long."""
    beginning = prompt[: FAR * context_length]
    if len(beginning) == len(prompt):
        return
    count = len((await client.post("/tokenize", {"content": beginning, "parse_special": True}))["tokens"])
    # What follows may change how the last words of the beginning are divided, but never half of it.
    if count > 2 * context_length:
        raise ContextLengthExceeded(count, context_length, about=Conversation(), at_least=True)
