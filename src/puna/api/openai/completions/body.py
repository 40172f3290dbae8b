"""The body of a completion request."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from puna.api.mistakes import invalid_value
from puna.api.openai import defaults
from puna.api.openai.generation import GenerationBody
from puna.api.openai.prompts import Tokens, prompts
from puna.core.completions import CompletionRequest

MOST_LOGPROBS = 100
"""OpenAI has 5; evaluation wants more."""


class CompletionBody(GenerationBody):
    """The request's body. Ranges are OpenAI's, except that `logprobs` goes further."""

    prompt: (
        str | Tokens | Annotated[list[str], Field(min_length=1)] | Annotated[list[Tokens], Field(min_length=1)]
    ) | None = None
    suffix: str | None = None
    max_tokens: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    best_of: Annotated[int, Field(ge=1, le=20)] | None = None
    logprobs: Annotated[int, Field(ge=0, le=MOST_LOGPROBS)] | None = None
    echo: bool | None = None
    user: str | None = None

    def to_core(self) -> CompletionRequest:
        """Raises InvalidRequest for fields that can't go together."""
        self._check()
        choices = self.best_of or self.n or 1
        return CompletionRequest(
            prompts=prompts(self.prompt or ""),
            suffix=self.suffix or None,
            sampling=replace(self.sampling, max_tokens=self.max_tokens),
            defaults=defaults.COMPLETION,
            choices=choices,
            logprobs=self.logprobs if self.logprobs is not None else 0 if choices > (self.n or 1) else None,
            score_prompts=bool(self.echo) and self.logprobs is not None,
            format=self.format,
        )

    def _check(self) -> None:
        n = self.n or 1
        if self.best_of is not None and self.best_of < n:
            raise invalid_value("best_of", f"'best_of' is {self.best_of}, but has to be at least 'n', {n}.")
        if self.stream and (self.best_of or 1) > 1:
            raise invalid_value("best_of", "With 'best_of' above 1 the answer can't be streamed.")
        if self.suffix and self.echo:
            raise invalid_value("suffix", "'suffix' and 'echo' can't be used together.")
