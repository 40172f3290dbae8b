"""What structured answers cost the server.

Processor time of a token of JSON by a schema, and of a forced call's arguments, over that of a token of plain text.
The grammar is the engine's work; the server's should be the same for all three.
"""

from dataclasses import replace
from statistics import median
from typing import Any

from benchmarks.load import Target, send_burst
from benchmarks.servers import PunaServer

SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}
"""The random model hardly ever writes a quotation mark, so the text goes on until its tokens are used up."""
JSON_BY_SCHEMA = {
    "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
}
FORCED_CALL = {
    "tools": [{"type": "function", "function": {"name": "note", "parameters": SCHEMA}}],
    "tool_choice": "required",
}

LEAST_TOKENS = 96
"""What leads to the first argument of a call, its name and the braces, is letter by letter here."""


def asking(target: Target, fields: dict[str, Any]) -> Target:
    """The same target, with further fields in each request."""
    return replace(target, write_body=lambda prompt, tokens: target.write_body(prompt, tokens) | fields)


async def structured_costs(server: PunaServer, target: Target, tokens: int, turns: int) -> tuple[float, float]:
    """The ratios to plain text, for JSON and for a call; the medians of so many turns."""

    tokens = max(tokens, LEAST_TOKENS)

    async def cost(fields: dict[str, Any], turn: int) -> float:
        prompts = [f"Turn {turn}, stream {stream}: tell me about the harbour." for stream in range(8)]
        before = server.processor_time().server
        await send_burst(asking(target, fields), prompts, tokens)
        return server.processor_time().server - before

    json, call = [], []
    for turn in range(turns + 1):
        plain = await cost({}, turn)
        json.append(await cost(JSON_BY_SCHEMA, turn) / plain)
        call.append(await cost(FORCED_CALL, turn) / plain)
    return median(json[1:]), median(call[1:])
