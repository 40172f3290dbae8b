"""The libraries that the page brings along: which, where they come from, and whether they are what was published.

`python -m tests.page.vendor` fetches them with npm and puts them where they belong; with `--check` it only compares.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from puna.page.files import FOLDER

VENDOR = FOLDER / "vendor"
LIST = VENDOR / "vendored.toml"


@dataclass(frozen=True)
class Vendored:
    """One file of a package of npm, unchanged but for its name here."""

    package: str
    source: str
    name: str
    sha256: str

    @property
    def path(self) -> Path:
        return VENDOR / self.name

    def matches(self, content: bytes) -> bool:
        return hashlib.sha256(content).hexdigest() == self.sha256


def vendored() -> Iterator[Vendored]:
    """All files of the list."""
    for package, table in tables().items():
        for name, (source, sha256) in table["files"].items():
            yield Vendored(f"{package}@{table['version']}", source, name, sha256)


def tables() -> dict[str, dict[str, Any]]:
    """The list: a table for each package."""
    return tomllib.loads(LIST.read_text())


def published(package: str, folder: Path) -> tarfile.TarFile:
    """The package as npm has it."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), package]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    return tarfile.open(folder / name)


def fetch(*, check: bool) -> int:
    """Compare what is published with the list and with what is here, and put it here unless only that is wanted."""
    wrong = 0
    files = list(vendored())
    with tempfile.TemporaryDirectory() as folder:
        for package in dict.fromkeys(file.package for file in files):
            with published(package, Path(folder)) as archive:
                for file in (one for one in files if one.package == package):
                    member = archive.extractfile(f"package/{file.source}")
                    content = member.read() if member else b""
                    if not check and file.matches(content):
                        file.path.write_bytes(content)
                    right = file.matches(content) and file.path.read_bytes() == content
                    wrong += not right
                    print(f"{'as published' if right else 'DIFFERS'}: {package} {file.source} -> {file.name}")
    return wrong


if __name__ == "__main__":
    sys.exit(fetch(check="--check" in sys.argv) != 0)
