"""A completion, as one `text_completion` or as a stream of them."""

import secrets
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from puna import __version__
from puna.api.openai.completions.logprobs import LegacyLogprobs, joined, render
from puna.api.openai.usage import render_usage
from puna.core.completions import CompletionEvent, PromptRead
from puna.core.events import Done, Finished, TextDelta, Usage
from puna.http import sse


@dataclass
class Choice:
    """One choice as it grows. `length` counts the characters of prompt and text so far."""

    length: int = 0
    texts: list[str] = field(default_factory=list)
    logprobs: list[LegacyLogprobs] = field(default_factory=list)
    total: float = 0.0
    tokens: int = 0
    reason: str | None = None

    @property
    def mean(self) -> float:
        """The mean log probability of its tokens; one without any is the best, as nothing speaks against it."""
        return self.total / self.tokens if self.tokens else 0.0


class CompletionAnswer:
    """Renders the events of one completion request: `choices` of each prompt, of which the best are `kept`."""

    def __init__(
        self,
        model: str,
        events: AsyncGenerator[CompletionEvent, None],
        *,
        choices: int,
        kept: int,
        echo: bool,
        logprobs: int | None,
    ) -> None:
        self._events = events
        self._per_prompt = choices
        self._kept = kept
        self._echo = echo
        self._logprobs = logprobs is not None
        self._choices: defaultdict[int, Choice] = defaultdict(Choice)
        self._frame = {
            "id": f"cmpl-{secrets.token_hex(12)}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": f"fp_puna_{__version__}",
        }

    async def whole(self) -> dict[str, Any]:
        """The answer in one object."""
        usage: Usage | None = None
        async with aclosing(self._events) as events:
            async for event in events:
                if isinstance(event, Done):
                    usage = event.usage
                for index, text, logprobs, reason in self._pieces(event):
                    choice = self._choices[index]
                    choice.texts.append(text)
                    choice.logprobs += [logprobs] if logprobs else []
                    choice.reason = reason
        assert usage is not None
        choices = [
            {
                "index": index,
                "text": "".join(choice.texts),
                "logprobs": joined(choice.logprobs) if self._logprobs else None,
                "finish_reason": choice.reason,
            }
            for index, choice in enumerate(self._best())
        ]
        return {**self._frame, "choices": choices, "usage": render_usage(usage)}

    async def stream(self, *, include_usage: bool) -> AsyncGenerator[bytes, None]:
        """The answer as server-sent events. The echo of a prompt waits for what follows it, so that what goes wrong
        with the prompts is still a plain HTTP error."""
        unused = {"usage": None} if include_usage else {}
        held = b""
        async with aclosing(self._events) as events:
            async for event in events:
                for index, text, logprobs, reason in self._pieces(event):
                    choice = {"index": index, "text": text, "logprobs": logprobs, "finish_reason": reason}
                    held += sse.event({**self._frame, "choices": [choice], **unused})
                if isinstance(event, Done) and include_usage:
                    held += sse.event({**self._frame, "choices": [], "usage": render_usage(event.usage)})
                if isinstance(event, TextDelta):
                    yield held
                    held = b""
        yield held + sse.DONE

    def _pieces(self, event: CompletionEvent) -> Iterable[tuple[int, str, LegacyLogprobs | None, str | None]]:
        """What an event adds to which choices: text, log probabilities, the reason why it ended."""
        match event:
            case PromptRead(index, text):
                for place in range(index * self._per_prompt, (index + 1) * self._per_prompt):
                    self._choices[place].length = len(text)
                    if self._echo:
                        yield place, text, render(event.tokens, text, 0) if self._logprobs else None, None
            case TextDelta(index, text, tokens):
                choice = self._choices[index]
                choice.total += sum(token.logprob for token in tokens)
                choice.tokens += len(tokens)
                logprobs = render(tokens, text, choice.length) if self._logprobs else None
                choice.length += len(text)
                yield index, text, logprobs, None
            case Finished(index, reason):
                yield index, "", None, reason

    def _best(self) -> list[Choice]:
        """The choices that are kept, prompt by prompt."""
        every = [self._choices[index] for index in sorted(self._choices)]
        if self._kept == self._per_prompt:
            return every
        groups = (every[first : first + self._per_prompt] for first in range(0, len(every), self._per_prompt))
        return [choice for group in groups for choice in sorted(group, key=lambda one: -one.mean)[: self._kept]]
