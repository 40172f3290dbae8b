"""What a request cost, summed over its choices."""

from typing import Any

from puna.core.events import Done, Timings, Usage


class Totals:
    """Adds up the choices. Their prompt is one and is counted once; they are generated side by side, so the
    longest of their times is the completion's."""

    def __init__(self) -> None:
        self._prompt = self._completion = self._reasoning = 0
        self._cached: int | None = None
        self._prompt_seconds = self._completion_seconds = 0.0

    def add(self, *, prompt: int, completion: int, cached: int, reasoning: int, timings: dict[str, Any]) -> None:
        """One choice's tokens, and llama-server's timings of it, which are in milliseconds."""
        self._prompt = prompt
        # All choices but one find the prompt in the cache, put there by that one.
        self._cached = cached if self._cached is None else min(self._cached, cached)
        self._completion += completion
        self._reasoning += reasoning
        self._prompt_seconds = max(self._prompt_seconds, timings.get("prompt_ms", 0) / 1000)
        self._completion_seconds = max(self._completion_seconds, timings.get("predicted_ms", 0) / 1000)

    def done(self) -> Done:
        usage = Usage(self._prompt, self._completion, self._cached or 0, self._reasoning)
        return Done(usage, Timings(self._prompt_seconds, self._completion_seconds))
