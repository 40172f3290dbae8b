"""What Puna says in place of an answer. Raised where it is found, rendered in one place by each dialect."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a list of models does without them
    from puna.core.subjects import AnswerGrammar, AnswerSchema, Subject, ToolGrammar, ToolSchema


def megabytes(size: int) -> str:
    """A size for people: `256 MB`; `1.5 KB`, or bytes where there are few."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "KB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes"


class PunaError(Exception):
    """Anything a user has to be told. `message` is a whole sentence that says what is wrong and what helps."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        """An error can be sent to another process, whatever its own class is made of."""
        return revived, (type(self), self.message, self.__dict__)


def revived(kind: type[PunaError], message: str, facts: dict[str, Any]) -> PunaError:
    """An error that comes from another process."""
    error = kind.__new__(kind, message)
    error.__dict__.update(facts)
    return error


class InvalidRequest(PunaError):
    """The request can't be carried out as it was written.

    `about` says which part of the request is meant: the dialect has a name for it. A dialect that found the error
    itself gives the field's name as `param` (`messages[0].role`). `code` is a machine-readable word where the API has
    one.
    """

    def __init__(
        self, message: str, *, about: "Subject | None" = None, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.about = about
        self.param = param
        self.code = code


class RequestTooLarge(InvalidRequest):
    """The body of a request is larger than the server takes. `limit` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request is larger than {megabytes(limit)}.", code="request_too_large")
        self.limit = limit


class TextTooLarge(InvalidRequest):
    """The body of a request has more text than the server takes. `limit` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The request has more than {megabytes(limit)}, not counting images and audio.", code="request_too_large"
        )
        self.limit = limit


class TooMany(InvalidRequest):
    """A part of a request has more elements than the server takes. `kind` is what they are: messages, tools, …"""

    def __init__(self, message: str, kind: str, *, param: str | None = None, code: str) -> None:
        super().__init__(message, param=param, code=code)
        self.kind = kind


class UnsupportedSchema(InvalidRequest):
    """A JSON Schema that is not one, or wants something no grammar can make sure of.

    `about` leads to the keyword; `message` says what is wrong with it and is no whole sentence: the dialect begins it
    with the keyword's name.
    """

    about: "AnswerSchema | ToolSchema"

    def __init__(self, message: str, about: "AnswerSchema | ToolSchema") -> None:
        super().__init__(message, about=about, code="invalid_json_schema")


class NotInstalled(PunaError):
    """What is asked for needs packages that this installation lacks: those of Puna's extra of that name."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs packages that are not installed.")
        self.extra = extra


class NotHeld(PunaError):
    """An engine can't hold all of a schema while it generates, and the request does not say that its answer will be
    checked. `keywords` are the places of what it can't hold."""

    def __init__(self, keywords: tuple[str, ...]) -> None:
        super().__init__(f"The answer has to be checked for {', '.join(keywords)}.")
        self.keywords = keywords


class SchemaNotMet(PunaError):
    """No answer of the model's fits its schema. The message says which keyword failed where."""


class UnsupportedGrammar(InvalidRequest):
    """The grammar of a text, a tool's or the answer's, is none, or has what can't be enforced."""

    def __init__(self, message: str, about: "ToolGrammar | AnswerGrammar") -> None:
        super().__init__(message, about=about, code="invalid_grammar")


class ContextLengthExceeded(InvalidRequest):
    """The prompt is longer than the model's context. Both lengths are in tokens; `at_least` where they were not
    counted, but can't be fewer."""

    def __init__(
        self, prompt_tokens: int, context_length: int, *, about: "Subject | None" = None, at_least: bool = False
    ) -> None:
        tokens = f"at least {prompt_tokens}" if at_least else f"{prompt_tokens}"
        super().__init__(
            f"This model's maximum context length is {context_length} tokens, but the prompt has {tokens} tokens.",
            about=about,
            code="context_length_exceeded",
        )
        self.prompt_tokens = prompt_tokens
        self.context_length = context_length
        self.at_least = at_least
        self.at_least = at_least


class ModelNotFound(PunaError):
    """No model of that name is in the library. `elsewhere` is whether a registry may have it."""

    def __init__(self, name: str, message: str | None = None, *, elsewhere: bool = False) -> None:
        super().__init__(message or f"model '{name}' not found")
        self.name = name
        self.elsewhere = elsewhere


class DamagedModel(PunaError):
    """A file of a model is not what it has to be. `path` is that file; the message names it, but not where it is:
    that is nothing for a client to know."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path.name}: {problem}")
        self.path = path
        self.problem = problem


class StorageFailed(PunaError):
    """What had to be kept could not be. `full` is whether there is no room for it, `away` whether it may work soon:
    a database is restarted now and then."""

    def __init__(self, message: str, *, full: bool = False, away: bool = False) -> None:
        super().__init__(message)
        self.full = full
        self.away = away


class PeerFailed(PunaError):
    """Another server, such as a registry, did not answer, or not as it should."""


class NotFound(PunaError):
    """What the request is about is not there. `param` and `code` are as with `InvalidRequest`."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


class Unauthorized(PunaError):
    """Whoever asks has not said who it is, or is not known. `code` says which."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Forbidden(PunaError):
    """Whoever asks may not."""


class EngineFailed(PunaError):
    """An engine could not be started, or ended while it was needed. `log` is the end of what it printed."""

    def __init__(self, message: str, *, log: str = "") -> None:
        super().__init__(f"{message}\n{log}" if log else message)
        self.log = log


class Overloaded(PunaError):
    """There is no room for the request now. `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimited(Overloaded):
    """Whoever asks has used up what it may use in a minute. `kind` is what of: requests or tokens."""

    def __init__(self, kind: str, most: int, *, retry_after: int) -> None:
        super().__init__(
            f"Rate limit reached: this API key may use {most} {kind} a minute. Try again in {retry_after} s.",
            retry_after=retry_after,
        )
        self.kind = kind


class MemoryTooSmall(EngineFailed):
    """The model needs more memory than Puna may use. Both amounts are in bytes."""

    def __init__(self, needed: int, allowed: int) -> None:
        super().__init__(
            f"The model needs about {megabytes(needed)} of memory, and Puna may use {megabytes(allowed)}."
        )
        self.needed = needed
        self.allowed = allowed


class EngineLost(EngineFailed):
    """An engine ended or stopped answering while it was needed; another one may do what it was asked.

    `own_fault` is False where something outside killed it, so that neither model nor request is to blame; `stalled`
    says that Puna itself ended it, as it gave no sign of life.
    """

    def __init__(self, message: str, *, log: str = "", own_fault: bool = True, stalled: bool = False) -> None:
        super().__init__(message, log=log)
        self.own_fault = own_fault
        self.stalled = stalled


class QueueFull(Overloaded):
    """As many requests are waiting as may wait. `limit` is their number."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The server is busy: {limit} requests are waiting already.")
        self.limit = limit


class ShuttingDown(Overloaded):
    """The server finishes what runs, and takes nothing new."""

    def __init__(self) -> None:
        super().__init__("The server is shutting down.", retry_after=10)


class CrashLoop(Overloaded):
    """A model whose engines crashed again and again gets no new one for a while."""
