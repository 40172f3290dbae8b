"""What goes wrong with models on disk and on their way there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from puna.core.errors import InvalidRequest, PunaError


class ProtectedModel(InvalidRequest):
    """The bundled model can't be deleted or replaced."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"model '{name}' comes with Puna and can't be deleted or replaced; choose another name",
            param="model",
        )


class StoreFailed(PunaError):
    """The system refused a read or write, for a full disk or a lack of rights."""


class WrongDigest(StoreFailed):
    """A blob came whose content is not what its digest says."""


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Say which path it was that the system refused to write. Raises StoreFailed."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise StoreFailed(f"can't write {where}: {error.strerror or error}") from error
