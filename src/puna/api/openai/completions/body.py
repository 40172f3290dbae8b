"""The body of a completion request."""

from typing import Annotated

from pydantic import Field

from puna.api.openai import defaults
from puna.api.openai.chat.body import ResponseFormat, Stop, StreamOptions, contradiction, read_bias
from puna.api.openai.prompts import Tokens, prompts
from puna.core.completions import CompletionRequest
from puna.core.formats import FreeText
from puna.core.sampling import Sampling
from puna.http.body import Body

MOST_LOGPROBS = 100
"""OpenAI has 5; evaluation wants more."""


class CompletionBody(Body):
    """The request's body. Ranges are OpenAI's, except that `logprobs` goes further."""

    model: Annotated[str, Field(min_length=1)]
    prompt: (
        str | Tokens | Annotated[list[str], Field(min_length=1)] | Annotated[list[Tokens], Field(min_length=1)]
    ) | None = None
    suffix: str | None = None
    max_tokens: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    best_of: Annotated[int, Field(ge=1, le=20)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    logprobs: Annotated[int, Field(ge=0, le=MOST_LOGPROBS)] | None = None
    echo: bool | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=4)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    response_format: ResponseFormat | None = None
    user: str | None = None

    def to_core(self) -> CompletionRequest:
        """Raises InvalidRequest for fields that can't go together."""
        self._check()
        choices = self.best_of or self.n or 1
        return CompletionRequest(
            prompts=prompts(self.prompt or ""),
            suffix=self.suffix or None,
            sampling=self._sampling(),
            defaults=defaults.COMPLETION,
            choices=choices,
            logprobs=self.logprobs if self.logprobs is not None else 0 if choices > (self.n or 1) else None,
            score_prompts=bool(self.echo) and self.logprobs is not None,
            format=self.response_format.to_core() if self.response_format else FreeText(),
        )

    def _sampling(self) -> Sampling:
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
            max_tokens=self.max_tokens,
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop) if self.stop else None,
            seed=self.seed,
            logit_bias=read_bias(self.logit_bias) if self.logit_bias else None,
        )

    def _check(self) -> None:
        n = self.n or 1
        if self.best_of is not None and self.best_of < n:
            raise contradiction("best_of", f"'best_of' is {self.best_of}, but has to be at least 'n', {n}.")
        if self.stream and (self.best_of or 1) > 1:
            raise contradiction("best_of", "With 'best_of' above 1 the answer can't be streamed.")
        if self.suffix and self.echo:
            raise contradiction("suffix", "'suffix' and 'echo' can't be used together.")
        if self.stream_options is not None and not self.stream:
            raise contradiction("stream_options", "'stream_options' is only allowed when 'stream' is true.")
