"""Pictures that a message names by their paths."""

import base64
import re
from pathlib import Path

import click

from puna.core.errors import InvalidRequest

_PATH = re.compile(
    r"""(?P<quote>['"])(?P<quoted>(?:(?!(?P=quote)).)+\.(?:jpe?g|png|webp|gif|bmp))(?P=quote)"""
    r"""|(?P<plain>(?:~|\.{1,2}|[A-Za-z]:)?[/\\](?:\\.|[^\s'"])+?\.(?:jpe?g|png|webp|gif|bmp))(?=$|[\s.,;:!?)'"])""",
    re.IGNORECASE,
)


def take_pictures(text: str) -> tuple[str, list[str]]:
    """The text without the paths of pictures that are there, and the pictures in base64.

    A path begins with `/`, `./`, `../`, `~/` or a drive, or is quoted; a blank in it has a backslash before it or
    is in quotes, as terminals write the name of a file that is dropped on them. Raises InvalidRequest for one that
    can't be read.
    """
    pictures: list[str] = []

    def take(match: re.Match[str]) -> str:
        path = existing_file(match)
        if path is None:
            return match[0]
        try:
            pictures.append(base64.b64encode(path.read_bytes()).decode())
        except OSError as error:
            raise InvalidRequest(f"can't read the picture {path}: {error.strerror}") from error
        click.echo(f"Added image '{path}'")
        return ""

    return _PATH.sub(take, text).strip(), pictures


def names_picture(text: str) -> bool:
    """Whether a text begins with the path of a picture that is there."""
    match = _PATH.match(text)
    return match is not None and existing_file(match) is not None


def existing_file(match: re.Match[str]) -> Path | None:
    """The file of a path; None where there is none."""
    written = match["quoted"] or match["plain"]
    for name in (written, re.sub(r"\\(.)", r"\1", written)):
        path = Path(name).expanduser()
        if path.is_file():
            return path
    return None
