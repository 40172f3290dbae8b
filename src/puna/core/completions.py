"""Raw completion and the scoring of given text: no conversation, no template."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from puna.core.events import Done, Finished, TextDelta, TokenLogprob, Usage
from puna.core.formats import Format, FreeText
from puna.core.sampling import Sampling

Prompt = str | tuple[int, ...]
"""A text, or the tokens of one, which are taken as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """Go on after each of the prompts.

    Choice j of prompt i has the index `i * choices + j`. With a `suffix` the model fills in what comes between.
    `logprobs` is how many alternatives of each generated token are wanted (None: no log probabilities at all),
    `score_prompts` wants them of the prompts' tokens too. `sampling.max_tokens` 0 generates nothing. `defaults` are
    what the dialect documents for a setting that neither the request nor the model gives. `checked` says that whoever
    asks checks the answer against `format`.
    """

    prompts: tuple[Prompt, ...]
    suffix: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    defaults: Sampling = field(default_factory=Sampling)
    choices: int = 1
    logprobs: int | None = None
    score_prompts: bool = False
    format: Format = field(default_factory=FreeText)
    checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequest:
    """How likely the model finds each token of given texts, with that many `alternatives` in its place."""

    prompts: tuple[Prompt, ...]
    alternatives: int = 0


@dataclass(frozen=True, slots=True)
class PromptToken:
    """A token of a prompt. `data` is its bytes, `logprob` the natural logarithm of its probability after the
    tokens before it: None for the first, which has none before it."""

    id: int
    data: bytes
    logprob: float | None = None
    top: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptRead:
    """A prompt as the model sees it. `index` is the prompt's, not a choice's. `tokens` is empty unless the prompt
    was scored, `count` always says how many there are."""

    index: int
    text: str
    count: int
    tokens: tuple[PromptToken, ...] = ()


CompletionEvent = PromptRead | TextDelta | Finished | Done
"""What a completion yields: each prompt before the first delta of its choices, then as a chat does."""


def nothing_generated(request: CompletionRequest, prompt_tokens: Sequence[int]) -> Iterator[CompletionEvent]:
    """The end of a request that only wants its prompts read: so many tokens each."""
    yield from (Finished(index, "length") for index in range(len(prompt_tokens) * request.choices))
    yield Done(Usage(sum(prompt_tokens), 0))
