"""What a request took, in tokens."""

from typing import Any

from puna.core.events import Usage


def render_usage(usage: Usage) -> dict[str, Any]:
    """The usage of a message. What came from the cache is counted beside the other tokens of the prompt. Nothing is
    said to have been written to the cache, as that costs nothing here."""
    return {
        "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
        "inference_geo": None,
        "service_tier": "standard",
        **counts(usage),
    }


def counts(usage: Usage) -> dict[str, Any]:
    """The numbers that a stream's end repeats."""
    return {
        "input_tokens": usage.prompt_tokens - usage.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
        "server_tool_use": None,
    }
