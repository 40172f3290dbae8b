"""Prompts: conversations as the model's template, or Puna's own words, write them."""

from typing import Any

from puna.core.effort import Effort
from puna.core.requests import ChatRequest
from puna.engines.llama.chat.messages import messages_body, tools_body
from puna.engines.llama.chat.shaping import shaped
from puna.engines.llama.chat.tool_prompt import with_tools
from puna.engines.llama.chat.traits import Traits
from puna.engines.llama.markup import PUNA_SHAPE

NEAREST: dict[Effort, str] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}
"""The three levels that templates with levels have, for those that the template does not name."""
ABOVE = {"high": ("xhigh", "max")}
"""What some templates call that level. They refuse a level that they do not name."""


def template_body(
    request: ChatRequest, traits: Traits, *, in_words: bool = False, plain: bool = False
) -> dict[str, Any]:
    """What the template renders: the conversation with its tools, all of them `in_words` of Puna's where the template
    has none that fit, or with `plain` schemas."""
    body = effort_body(request.effort, traits)
    if request.template_variables:
        body["chat_template_kwargs"] = body.get("chat_template_kwargs", {}) | dict(request.template_variables)
    if not request.generation_prompt:
        body["add_generation_prompt"] = False
    if in_words:
        messages = with_tools(request.messages, request.tools, PUNA_SHAPE)
        return body | {"messages": messages_body(shaped(messages, traits.shown))}
    if request.tools:
        body |= {"tools": tools_body(request.tools, plain=plain), "parallel_tool_calls": request.parallel_tool_calls}
    return body | {"messages": messages_body(shaped(request.messages, traits.shown))}


def effort_body(effort: Effort | None, traits: Traits) -> dict[str, Any]:
    """The variables of the template: `enable_thinking` is a switch in most, `reasoning_effort` a level in some."""
    if effort is None:
        return {}
    if effort == "none":
        return {"chat_template_kwargs": {"enable_thinking": False}}
    level = level_of(effort, traits.template)
    return {"chat_template_kwargs": {"enable_thinking": True, "reasoning_effort": level}}


def level_of(effort: Effort, template: str) -> str:
    """The level that a template has for an effort: the effort itself, or the nearest one that it names. A template
    that names none of them gets one of the usual three."""
    nearest = NEAREST[effort]
    candidates = (effort, nearest, *ABOVE.get(nearest, ()))
    return next((level for level in candidates if f'"{level}"' in template or f"'{level}'" in template), nearest)
