"""The ids of what is made here."""

import secrets


def new_id(prefix: str) -> str:
    """An id nobody can guess: `resp_`, `msg_`, … and 48 hexadecimal digits."""
    return f"{prefix}_{secrets.token_hex(24)}"
