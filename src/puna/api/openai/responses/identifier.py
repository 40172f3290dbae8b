"""The ids of what is made here."""

import hashlib
import secrets

TAG_DIGITS = 12


def new_id(prefix: str, owner: str = "") -> str:
    """An id nobody can guess: `resp_`, `msg_`, … and 48 hexadecimal digits. The last of them stand for its owner,
    the API key that it was made for."""
    if not owner:
        return f"{prefix}_{secrets.token_hex(24)}"
    return f"{prefix}_{secrets.token_hex((48 - TAG_DIGITS) // 2)}{tag(owner)}"


def is_owned(key: str, owner: str) -> bool:
    """Whether that owner may use what has this id. Without API keys everything is everybody's."""
    return not owner or key.endswith(tag(owner))


def tag(owner: str) -> str:
    """The digits that stand for an owner; none where there is none."""
    return hashlib.sha256(owner.encode()).hexdigest()[:TAG_DIGITS] if owner else ""
