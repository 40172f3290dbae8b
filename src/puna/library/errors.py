"""What goes wrong with models on disk and on their way there."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from puna.core.errors import InvalidRequest, StorageFailed


class ProtectedModel(InvalidRequest):
    """The bundled model can't be deleted or replaced."""

    def __init__(self, name: str) -> None:
        from puna.core.subjects import RequestedModel  # lists do without it

        super().__init__(
            f"model '{name}' comes with Puna and can't be deleted or replaced",
            about=RequestedModel(),
        )


class StoreFailed(StorageFailed):
    """The system refused a read or write, for a full disk or a lack of rights."""


class UnknownLayout(InvalidRequest):
    """The weights are written for Ollama's own reader, in a way that nobody here knows."""

    def __init__(self, architecture: str) -> None:
        from puna.core.subjects import RequestedModel  # lists do without it

        super().__init__(
            f"the weights are written for Ollama's own reader of '{architecture}', which Puna can't translate; "
            "pull the same model from Hugging Face, as hf.co/<user>/<repository>",
            about=RequestedModel(),
        )


class WrongDigest(StoreFailed):
    """A blob came whose content is not what its digest says."""


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Say what it was that the system refused to write; where it is goes to the log. Raises StoreFailed."""
    try:
        yield
    except OSError as error:
        where = Path(error.filename or path)
        logging.getLogger(__name__).warning("can't write %s: %s", where, error.strerror or error)
        message = f"can't write {where.name}: {error.strerror or type(error).__name__}"
        raise StoreFailed(message, full=error.errno in (errno.ENOSPC, errno.EDQUOT)) from error
