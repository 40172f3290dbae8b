"""What an answer cost, as another server says it."""

from typing import Any

from puna.core.events import Done, Timings, Usage


class Totals:
    """Adds up what several requests of one answer cost. A prompt that several choices share counts once. Where a
    server tells the usage of `each` choice by itself, these are added up as well."""

    def __init__(self, *, each: bool = False) -> None:
        self.told = False
        self._each = each
        self._prompt = self._completion = self._cached = self._reasoning = 0

    def tell(self, usage: dict[str, Any]) -> None:
        """One request's usage, the last that its server says."""
        before = self._completion if self._each and self.told else 0
        self.told = True
        self._prompt = usage.get("prompt_tokens") or 0
        self._completion = before + (usage.get("completion_tokens") or 0)
        self._cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        self._reasoning = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0

    def count(self, pieces: int) -> None:
        """Where the server says nothing: about a token each piece."""
        if not self.told:
            self._completion = pieces

    def add(self, other: "Totals") -> None:
        """Another request for the same prompt."""
        self._prompt = max(self._prompt, other._prompt)
        self._cached = max(self._cached, other._cached)
        self._completion += other._completion
        self._reasoning += other._reasoning

    def done(self, seconds: float = 0.0) -> Done:
        """The end."""
        return Done(Usage(self._prompt, self._completion, self._cached, self._reasoning), Timings(completion=seconds))
