"""The response object before anything was answered."""

import time
from typing import Any

from puna.api.openai.responses.body import CreateBody, Reasoning
from puna.api.openai.responses.identifier import new_id
from puna.core.sampling import Sampling


def frame(body: CreateBody, sampling: Sampling, owner: str = "") -> dict[str, Any]:
    """The object with what was asked for; the sampling is the one that takes effect, the owner whose it will be."""
    toolbox = body.toolbox
    return {
        "id": new_id("resp", owner),
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": bool(body.background),
        "completed_at": None,
        "conversation": {"id": body.conversation_id} if body.conversation_id else None,
        "error": None,
        "frequency_penalty": sampling.frequency_penalty or 0,
        "incomplete_details": None,
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "metadata": body.metadata or {},
        "model": body.model,
        "output": [],
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "presence_penalty": sampling.presence_penalty or 0,
        "previous_response_id": body.previous_response_id,
        "prompt_cache_key": body.prompt_cache_key,
        "reasoning": render_reasoning(body),
        "safety_identifier": body.safety_identifier,
        "service_tier": "default",
        "store": body.store is not False,
        "temperature": sampling.temperature,
        "text": body.text_options.render(),
        "tool_choice": toolbox.render_choice(),
        "tools": toolbox.render(),
        "top_logprobs": body.top_logprobs or 0,
        "top_p": sampling.top_p,
        "truncation": body.truncation or "disabled",
        "usage": None,
        **given(body, "user"),
    }


def render_reasoning(body: CreateBody) -> dict[str, Any]:
    """What takes effect of what was asked for; the older word for the summary is written as the newer."""
    asked = body.reasoning or Reasoning()
    more = asked.model_dump(include={"context", "mode"}, exclude_none=True)
    if asked.context == "all_turns":
        more["context"] = "auto"
    return {"effort": asked.effort, "summary": body.summary, **more}


def given(body: CreateBody, *names: str) -> dict[str, Any]:
    """The fields that OpenAI's description does not let be null: left out where they are not given."""
    return {name: getattr(body, name) for name in names if getattr(body, name) is not None}
