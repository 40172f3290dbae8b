"""How much a model thinks, in the words of its template."""

from typing import Any

from puna.core.requests import Effort
from puna.engines.llama.chat.traits import Traits

NEAREST: dict[Effort, str] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}
"""The three levels that templates with levels have, for those that the template does not name."""


def effort_body(effort: Effort | None, traits: Traits) -> dict[str, Any]:
    """The variables of the template: `enable_thinking` is a switch in most, `reasoning_effort` a level in some."""
    if effort is None:
        return {}
    if effort == "none":
        return {"chat_template_kwargs": {"enable_thinking": False}}
    known = f'"{effort}"' in traits.template or f"'{effort}'" in traits.template
    return {
        "chat_template_kwargs": {
            "enable_thinking": True,
            "reasoning_effort": effort if known else NEAREST[effort],
        }
    }
