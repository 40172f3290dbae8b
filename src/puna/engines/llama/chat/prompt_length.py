"""How many tokens the prompt of a conversation has."""

from puna.core.requests import ChatRequest
from puna.engines.llama.chat.native import native_body
from puna.engines.llama.chat.rendered import render_prompt
from puna.engines.llama.chat.traits import Traits, render
from puna.engines.llama.markup import PUNA_SHAPE
from puna.engines.process.client import EngineClient


async def prompt_length(client: EngineClient, request: ChatRequest, traits: Traits, *, native: bool) -> int:
    """Render the conversation as it would be answered, and count. Pictures count as their placeholder."""
    if native:
        prompt = await render(client, native_body(request, traits))
    else:
        prompt = await render_prompt(client, request, traits, traits.call_shape or PUNA_SHAPE)
    answer = await client.post("/tokenize", {"content": prompt, "add_special": True, "parse_special": True})
    return len(answer["tokens"])
