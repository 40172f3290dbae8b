"""What llama-server's errors mean."""

from typing import Any

from puna.core.errors import ContextLengthExceeded, EngineFailed, EngineLost, InvalidRequest, PunaError
from puna.core.subjects import Conversation


def refusal(error: dict[str, Any]) -> PunaError:
    """The engine's error in Puna's terms."""
    if error.get("type") == "exceed_context_size_error":
        return ContextLengthExceeded(error["n_prompt_tokens"], error["n_ctx"], about=Conversation())
    if error.get("code") == 400:
        return InvalidRequest(error["message"])
    if error["message"].startswith("Context size has been exceeded"):
        return EngineLost(error["message"], own_fault=False)  # of the shared cache: all its requests are ended
    return EngineFailed(error["message"])
