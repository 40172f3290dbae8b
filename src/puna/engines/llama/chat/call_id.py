"""Names for tool calls, as OpenAI's look."""

import secrets


def new_call_id() -> str:
    """An id that no other call has."""
    return f"call_{secrets.token_hex(12)}"
