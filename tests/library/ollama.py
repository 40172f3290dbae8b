"""Ollama's published module, in small programs that are built with it: nothing of it is in this repository."""

import shutil
import subprocess
from pathlib import Path

MODULE = "github.com/ollama/ollama"


def built(sources: Path, version: str, folder: Path) -> Path:
    """The program of a folder with `main.go` and `go.mod`, with that version of the module."""
    target = folder / f"{sources.name}-{version}"
    if not target.is_file():
        copy = folder / f"sources-{sources.name}-{version}"
        shutil.copytree(sources, copy, dirs_exist_ok=True)
        for command in (
            ("go", "mod", "edit", f"-require={MODULE}@{version}"),
            ("go", "build", "-mod=mod", "-o", str(target.absolute()), "."),
        ):
            subprocess.run(command, cwd=copy, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return target


def write_between(page: Path, begin: str, end: str, text: str) -> None:
    """Put text between two marks of a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
