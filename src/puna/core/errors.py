"""What Puna says in place of an answer. Raised where it is found, rendered in one place by each dialect."""

from pathlib import Path


class PunaError(Exception):
    """Anything a user has to be told. `message` is a whole sentence that says what is wrong and what helps."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidRequest(PunaError):
    """The request can't be carried out as it was written.

    `param` names the field (`messages[0].role`), `code` is a machine-readable word where the API has one.
    """

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


class RequestTooLarge(InvalidRequest):
    """The body of a request is larger than the server takes. `limit` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The request is larger than {limit} bytes, which is as much as PUNA_MAX_REQUEST_SIZE lets in.",
            code="request_too_large",
        )
        self.limit = limit


class UnsupportedSchema(InvalidRequest):
    """A JSON Schema that is not one, or wants something no grammar can make sure of.

    `path` leads from the schema's root to the keyword (`("properties", "age", "not")`), `tool` names the tool
    whose parameters it describes; None means the format of the answer. The dialect knows how its field is called.
    """

    def __init__(self, message: str, path: tuple[str, ...], *, tool: str | None = None) -> None:
        super().__init__(message, param=".".join(path) or None, code="invalid_json_schema")
        self.path = path
        self.tool = tool


class UnsupportedGrammar(InvalidRequest):
    """The grammar of a text that is not one, or has what can't be enforced; `tool` names the tool that takes it."""

    def __init__(self, message: str, *, tool: str) -> None:
        super().__init__(message, code="invalid_grammar")
        self.tool = tool


class ContextLengthExceeded(InvalidRequest):
    """The prompt is longer than the model's context. Both lengths are in tokens."""

    ADVICE = (
        "Shorten the prompt, or raise the context length with PARAMETER num_ctx in a Modelfile or with "
        "PUNA_CONTEXT_LENGTH."
    )

    def __init__(
        self, prompt_tokens: int, context_length: int, *, param: str | None = None, advice: str = ADVICE
    ) -> None:
        super().__init__(
            f"This model's maximum context length is {context_length} tokens, "
            f"but the prompt has {prompt_tokens} tokens. {advice}",
            param=param,
            code="context_length_exceeded",
        )
        self.prompt_tokens = prompt_tokens
        self.context_length = context_length


class ModelNotFound(PunaError):
    """No model of that name is in the library."""

    def __init__(self, name: str, message: str | None = None) -> None:
        super().__init__(message or f"model '{name}' not found, try pulling it first: puna pull {name}")
        self.name = name


class DamagedModel(PunaError):
    """A file of a model is not what it has to be. `path` is that file; the message names it, but not where it is:
    that is nothing for a client to know."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path.name}: {problem}")
        self.path = path
        self.problem = problem


class NotFound(PunaError):
    """What the request is about is not there. `param` and `code` are as with `InvalidRequest`."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


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


class EngineLost(EngineFailed):
    """An engine ended or stopped answering while it was needed; another one may do what it was asked.

    `own_fault` is False where something outside killed it, so that neither model nor request is to blame.
    """

    def __init__(self, message: str, *, log: str = "", own_fault: bool = True) -> None:
        super().__init__(message, log=log)
        self.own_fault = own_fault


class SetAside(Overloaded):
    """A model whose engines crashed again and again gets no new one for a while."""
