"""POST /v1/responses/compact: what was said, shortened to what the user said and a sealed summary."""

import time
from contextlib import aclosing
from typing import Any

from puna.api.openai.responses.body import CompactBody, Prompt
from puna.api.openai.responses.identifier import new_id
from puna.api.openai.responses.items import Stored
from puna.api.openai.responses.service import Responses
from puna.api.openai.usage import render_response_usage
from puna.core.events import Done, TextDelta, Usage
from puna.core.messages import Message, Text
from puna.inference.caller import Caller
from puna.state.seal import Seal

TASK = (
    "Summarize the conversation so far for the one who has to carry it on without seeing it. "
    "Keep every fact, name, number, decision and open question. Write only the summary."
)


SUMMARY_TOKENS = 1024
"""The longest summary, in tokens."""


async def compact(responses: Responses, seal: Seal, body: CompactBody, caller: Caller) -> dict[str, Any]:
    """The compacted conversation: the user's messages as they are, and one item with the model's summary of all."""
    prompt = Prompt(
        model=body.model,
        input=body.input,
        instructions=body.instructions,
        previous_response_id=body.previous_response_id,
    )
    prepared = await responses.prepare(prompt, caller)
    task = Message(role="user", content=(Text(TASK),))
    texts: list[str] = []
    usage = Usage(0, 0)
    async with aclosing(responses.ask(body.model, prepared.asking(task, SUMMARY_TOKENS), caller=caller)) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                texts.append(event.text)
            elif isinstance(event, Done):
                usage = event.usage
    compaction: Stored = {
        "type": "compaction",
        "id": new_id("cmp"),
        "encrypted_content": seal.close("".join(texts)),
    }
    items = (*prepared.before, *prepared.given)
    said = [item for item in items if item["type"] == "message" and item["role"] == "user"]
    return {
        "id": new_id("resp", caller.owner),
        "object": "response.compaction",
        "created_at": int(time.time()),
        "output": [*said, compaction],
        "usage": render_response_usage(usage),
    }
