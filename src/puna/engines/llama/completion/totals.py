"""What a request cost, summed over its choices."""

from typing import Any

from puna.core.events import Done, Timings, Usage


class Totals:
    """Adds up the choices. A prompt is one for all its choices and is counted once."""

    def __init__(self) -> None:
        self._prompts: dict[int, int] = {}
        self._cached: dict[int, int] = {}
        self._completion = self._reasoning = self._drafted = self._accepted = 0
        self._seconds = self._round = Timings()

    def add(
        self, timings: dict[str, Any], *, prompt: int, completion: int, cached: int, reasoning: int = 0, of: int = 0
    ) -> None:
        """One choice's tokens, and llama-server's timings of it, which are in milliseconds. `of` is the number of its
        prompt, where there are several."""
        self._prompts[of] = prompt
        # All choices but one find the prompt in the cache, put there by that one.
        self._cached[of] = min(cached, self._cached.get(of, cached))
        self._completion += completion
        self._reasoning += reasoning
        self._drafted += timings.get("draft_n", 0)
        self._accepted += timings.get("draft_n_accepted", 0)
        # Choices of one round are generated side by side: the longest of their times is the round's.
        self._round = Timings(
            max(self._round.prompt, timings.get("prompt_ms", 0) / 1000),
            max(self._round.completion, timings.get("predicted_ms", 0) / 1000),
        )

    def next_round(self) -> None:
        """From here on choices are generated after those before."""
        self._seconds = Timings(
            self._seconds.prompt + self._round.prompt, self._seconds.completion + self._round.completion
        )
        self._round = Timings()

    def done(self) -> Done:
        self.next_round()
        usage = Usage(
            sum(self._prompts.values()),
            self._completion,
            cached_tokens=sum(self._cached.values()),
            reasoning_tokens=self._reasoning,
            drafted_tokens=self._drafted,
            accepted_tokens=self._accepted,
        )
        return Done(usage, self._seconds)
