"""What helps against an error, in the commands and variables of a server and its command line.

The core, the engines and the scheduler know none of them; servers and commands add them where they tell a user.
"""

from puna.core.errors import (
    ContextLengthExceeded,
    MemoryTooSmall,
    ModelNotFound,
    NotInstalled,
    PunaError,
    QueueFull,
    RequestTooLarge,
    TextTooLarge,
    TooMany,
)
from puna.core.subjects import InputAt


def with_advice(error: PunaError) -> str:
    """The error's message, and what helps against it."""
    match error:
        case ModelNotFound(elsewhere=True):
            return f"{error.message}, try pulling it first: puna pull {error.name}"
        case ContextLengthExceeded(about=InputAt()):
            # A longer context would not always help: what is embedded goes through the model in one batch.
            return f"{error.message} Shorten the input, or embed it in several parts."
        case ContextLengthExceeded():
            return (
                f"{error.message} Shorten the prompt, or raise the context length with PARAMETER num_ctx in a "
                "Modelfile or with PUNA_CONTEXT_LENGTH."
            )
        case MemoryTooSmall():
            return (
                f"{error.message} A smaller context (PARAMETER num_ctx, PUNA_CONTEXT_LENGTH) needs less; "
                "PUNA_MEMORY sets the limit."
            )
        case NotInstalled():
            return f"{error.message} Install them and restart the server: pip install 'puna[{error.extra}]'"
        case QueueFull():
            return f"{error.message} Raise PUNA_MAX_QUEUE to let more wait."
        case RequestTooLarge():
            return f"{error.message} Raise PUNA_MAX_REQUEST_SIZE to allow more."
        case TextTooLarge():
            return f"{error.message} Raise PUNA_MAX_TEXT_SIZE to allow more."
        case TooMany():
            return f"{error.message} Raise PUNA_MAX_{error.kind.upper()} to allow more."
        case _:
            return error.message
