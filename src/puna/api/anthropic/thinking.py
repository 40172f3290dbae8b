"""Thinking: how much of it is asked for, and the signature by which thoughts come back unchanged.

A signature is sealed with the server's key. It holds a digest of the thought, or all of it where the client did not
want to see it.
"""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import Field

from puna.core.effort import Effort
from puna.core.errors import InvalidRequest
from puna.http.body import Lenient
from puna.state.errors import Unsealed
from puna.state.seal import Seal

LEAST_BUDGET = 1024
DIGEST, WHOLE = "sha256:", "thinking:"
"""What a sealed text begins with."""


class Thinks(Lenient):
    """What the two ways to think have in common. A thought that is `omitted` comes as its signature alone. What is to
    happen to thoughts of another conversation (`block_binding`) is no matter: here they are taken."""

    display: Literal["summarized", "omitted"] | None = None
    block_binding: dict[str, Any] | None = None


class Enabled(Thinks):
    """Think, at most so many tokens."""

    type: Literal["enabled"]
    budget_tokens: Annotated[int, Field(ge=LEAST_BUDGET, lt=2**31)]


class Adaptive(Thinks):
    """Think as much as the model finds right."""

    type: Literal["adaptive"]


class Disabled(Lenient):
    """Do not think."""

    type: Literal["disabled"]


Thinking = Annotated[Enabled | Adaptive | Disabled, Field(discriminator="type")]


def effort_of(thinking: Enabled | Adaptive | Disabled | None, effort: Effort | None) -> Effort:
    """How much to think. Without a word about thinking there is none, whatever effort an answer is worth: clients
    that did not ask for it look for the text in the first block."""
    return "none" if thinking is None or isinstance(thinking, Disabled) else effort or "medium"


def signature(seal: Seal, thought: str, *, omitted: bool) -> str:
    """The signature of a thought."""
    return seal.close(WHOLE + thought if omitted else DIGEST + digest(thought))


def verified(seal: Seal, thought: str, signed: str, path: str) -> str:
    """The thought that was signed. Raises InvalidRequest where it was not signed here, or is another one."""
    try:
        kind, _, content = seal.open(signed).partition(":")
    except Unsealed:
        kind = content = ""
    if kind + ":" == WHOLE and thought in ("", content):
        return content
    if kind + ":" == DIGEST and content == digest(thought):
        return thought
    message = (
        f"Invalid `signature` in `thinking` block at '{path}': it was not produced by this server, or was changed."
    )
    raise InvalidRequest(message, param=f"{path}.signature", code="invalid_signature")


def opened(seal: Seal, data: str, path: str) -> str:
    """The thought in a block that shows nothing of it. Raises InvalidRequest where it was not sealed here."""
    try:
        text = seal.open(data)
    except Unsealed:
        text = ""
    if not text.startswith(WHOLE):
        message = (
            f"Invalid `data` in `redacted_thinking` block at '{path}': the thinking was not produced by this server."
        )
        raise InvalidRequest(message, param=f"{path}.data", code="invalid_signature")
    return text.removeprefix(WHOLE)


def digest(thought: str) -> str:
    return hashlib.sha256(thought.encode()).hexdigest()
