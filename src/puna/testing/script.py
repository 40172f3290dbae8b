"""What a test decides that the next requests are answered."""

import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from puna.core.errors import (
    Forbidden,
    InvalidRequest,
    NotFound,
    Overloaded,
    PunaError,
    RateLimited,
    Unauthorized,
)

TOKEN = re.compile(r"\s*\S+\s*?|\s+")
"""What counts as a token of scripted text: a word with the blanks before it."""
PIECE = re.compile(r"\w+|\W+")
"""What counts as one of a call's arguments."""


@dataclass(slots=True)
class Call:
    """A call of a tool with those arguments."""

    name: str
    arguments: dict[str, Any]

    @property
    def pieces(self) -> list[str]:
        """The arguments' JSON, as it is streamed."""
        return PIECE.findall(json.dumps(self.arguments, separators=(",", ":"), ensure_ascii=False))


@dataclass(slots=True)
class ScriptedAnswer:
    """One scripted answer: a text, or calls of tools, or a refusal, or an error of that HTTP `status`. It comes after
    `delay` seconds, and breaks off after `break_after` tokens. One without any of the first is the model's own."""

    text: str | None = None
    reasoning: str = ""
    calls: list[Call] = field(default_factory=list)
    refusal: str | None = None
    cut: bool = False
    status: int | None = None
    retry_after: float | None = None
    message: str = ""
    delay: float = 0.0
    break_after: int | None = None

    @property
    def spoken(self) -> bool:
        """Whether there is something to say in the model's place."""
        return self.text is not None or self.refusal is not None or bool(self.calls)

    @property
    def error(self) -> PunaError | None:
        """What a server with that status would raise, so that each API says it in its own words."""
        return None if self.status is None else error_of(self.status, self.message)


class Script:
    """The answers to the next requests, first in, first out. When none is left the model itself answers."""

    def __init__(self) -> None:
        self.answers: deque[ScriptedAnswer] = deque()
        self._delay = 0.0
        self._break_after: int | None = None

    def say(self, text: str, *, reasoning: str = "", finish_reason: Literal["stop", "length"] = "stop") -> "Script":
        """The next request is answered with that text, after that `reasoning`. With the `finish_reason` "length" it
        ends as an answer that a limit of tokens cut off."""
        return self._add(ScriptedAnswer(text=text, reasoning=reasoning, cut=finish_reason == "length"))

    def call(self, name: str, /, **arguments: Any) -> "Script":
        """The next request is answered with a call of that tool. Two calls in a row are two answers."""
        return self._add(ScriptedAnswer(calls=[Call(name, arguments)]))

    def calls(self, *calls: tuple[str, dict[str, Any]]) -> "Script":
        """The next request is answered with several calls at once, each a name and its arguments."""
        return self._add(ScriptedAnswer(calls=[Call(name, arguments) for name, arguments in calls]))

    def refuse(self, refusal: str = "I'm sorry, but I can't help with that.") -> "Script":
        """The next request is refused by the model: the answer has a `refusal` in the place of its content. Where an
        API has no such thing (completions, Ollama's) the refusal is the text."""
        return self._add(ScriptedAnswer(refusal=refusal))

    def error(self, status: int, *, retry_after: float | None = None, message: str = "") -> "Script":
        """The next request is answered with that HTTP status, and a `Retry-After` header of so many seconds."""
        if not 400 <= status <= 599:
            raise ValueError(f"an error has a status from 400 to 599, not {status}")
        return self._add(ScriptedAnswer(status=status, retry_after=retry_after, message=message))

    def delay(self, seconds: float) -> "Script":
        """The answer that is scripted next, or else the model's own, comes so many seconds later."""
        self._delay = seconds
        return self

    def break_after(self, tokens: int) -> "Script":
        """The connection breaks after so many tokens of the answer that is scripted next, or of the model's own. An
        answer that is not streamed never comes."""
        self._break_after = tokens
        return self

    def clear(self) -> None:
        """Forget what is left."""
        self.answers.clear()
        self._delay, self._break_after = 0.0, None

    def next(self) -> ScriptedAnswer | None:
        """The answer to the next request. None: the model's own."""
        if self.answers:
            return self.answers.popleft()
        if self._delay or self._break_after is not None:
            return self._timed(ScriptedAnswer())
        return None

    def _add(self, answer: ScriptedAnswer) -> "Script":
        self.answers.append(self._timed(answer))
        return self

    def _timed(self, answer: ScriptedAnswer) -> ScriptedAnswer:
        answer.delay, answer.break_after = self._delay, self._break_after
        self._delay, self._break_after = 0.0, None
        return answer


def tokens_of(text: str) -> list[str]:
    """The pieces in which a text is said."""
    return TOKEN.findall(text)


def error_of(status: int, message: str = "") -> PunaError:
    """The error that has that status, or is nearest to it."""
    message = message or f"The test's script answers {status}."
    match status:
        case 401:
            return Unauthorized(message, "invalid_api_key")
        case 403:
            return Forbidden(message)
        case 404:
            return NotFound(message)
        case 429:
            limited = RateLimited("requests", 0, retry_after=1)
            limited.message = message
            return limited
        case 503:
            return Overloaded(message)
        case _ if status >= 500:
            return PunaError(message)
        case _:
            return InvalidRequest(message)
