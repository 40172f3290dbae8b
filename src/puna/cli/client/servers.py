"""Where servers run, for commands that look in the wrong place."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from puna.state.private import private_file

SERVER = "server"
"""The file in the home with the URL of the server that was started last."""


@contextmanager
def announced(home: Path, url: str) -> Iterator[None]:
    """Say in the home where a server is, as long as it runs."""
    file = home / SERVER
    with suppress(OSError):
        private_file(file)
        file.write_text(url)
    try:
        yield
    finally:
        with suppress(OSError):
            if file.read_text() == url:
                file.unlink()


def announced_url(home: Path) -> str:
    """Where a server of this home was started, if any was. It may have died without taking that back."""
    with suppress(OSError, UnicodeDecodeError):
        return (home / SERVER).read_text().strip()
    return ""
