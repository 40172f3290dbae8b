"""An environment for each client, in a cache outside the repository, made once for each set of pinned packages."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.clients.unmodified.clients import Client

PROGRAMS = Path(__file__).with_name("programs")
BELOW = {"python": "*.py", "node": "*.mjs", "go": "*.go", "rust": "*.rs"}
MINUTES = 20


class NotInstalled(Exception):
    """A client can't be installed here; the message says why."""


def cache() -> Path:
    """Where environments are kept: `PUNA_CLIENTS`, else the user's cache."""
    given = os.environ.get("PUNA_CLIENTS")
    return (
        Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "puna" / "clients"
    )


def prepare(client: Client, uv: str) -> list[str]:
    """The command that runs a client's program, once it is installed. Raises NotInstalled."""
    program = shutil.which({"python": uv, "node": "npm", "go": "go", "rust": "cargo"}[client.kind])
    if program is None:
        raise NotInstalled(f"{client.kind} is not there")
    pins = hashlib.sha256(json.dumps([*client.packages, *sys.version_info[:2]]).encode()).hexdigest()[:8]
    folder = cache() / f"{client.name}-{pins}"
    installed = folder / ".installed"
    if not installed.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for command in INSTALL[client.kind](client, folder, program):
            run(command, folder)
        installed.touch()
    return COMMAND[client.kind](client, folder)


def run(command: Sequence[str], folder: Path) -> None:
    """Run one step of an installation."""
    try:
        result = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=60 * MINUTES
        )
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"{command[0]} takes more than {MINUTES} minutes") from error
    if result.returncode:
        raise NotInstalled((result.stderr or result.stdout).strip()[-600:])


def install_python(client: Client, folder: Path, uv: str) -> list[list[str]]:
    python = str(folder / "bin" / "python")
    return [
        [uv, "venv", "--quiet", "--allow-existing", "--python", client.python or sys.executable, str(folder)],
        [uv, "pip", "install", "--quiet", "--python", python, *client.packages],
    ]


def install_node(client: Client, folder: Path, npm: str) -> list[list[str]]:
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"]
    return [[npm, "install", *quiet, *client.packages]]


def install_go(client: Client, folder: Path, go: str) -> list[list[str]]:
    copy_programs(client, folder)
    return [
        [go, "mod", "init", "client"],
        [go, "get", *client.packages],
        [go, "mod", "tidy"],
        [go, "build", "-o", "client", "."],
    ]


def install_rust(client: Client, folder: Path, cargo: str) -> list[list[str]]:
    (folder / "src").mkdir()
    shutil.copy(PROGRAMS / "rust" / client.program, folder / "src" / "main.rs")
    dependencies = "\n".join(client.packages)
    (folder / "Cargo.toml").write_text(
        f'[package]\nname = "client"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n{dependencies}\n'
    )
    return [[cargo, "build", "--quiet"]]


def copy_programs(client: Client, folder: Path) -> None:
    """A program is run where its packages are: Node.js and Go look for them beside it."""
    if client.kind == "go":
        shutil.copy(PROGRAMS / "go" / client.program, folder / "main.go")
        return
    for file in (PROGRAMS / client.kind).glob(BELOW[client.kind]):
        shutil.copy(file, folder)


def command_python(client: Client, folder: Path) -> list[str]:
    return [str(folder / "bin" / "python"), str(PROGRAMS / "python" / client.program)]


def command_node(client: Client, folder: Path) -> list[str]:
    copy_programs(client, folder)
    return ["node", str(folder / client.program)]


def command_go(client: Client, folder: Path) -> list[str]:
    copy_programs(client, folder)
    run(["go", "build", "-o", "client", "."], folder)
    return [str(folder / "client")]


def command_rust(client: Client, folder: Path) -> list[str]:
    shutil.copy(PROGRAMS / "rust" / client.program, folder / "src" / "main.rs")
    run(["cargo", "build", "--quiet"], folder)
    return [str(folder / "target" / "debug" / "client")]


INSTALL = {"python": install_python, "node": install_node, "go": install_go, "rust": install_rust}
COMMAND = {"python": command_python, "node": command_node, "go": command_go, "rust": command_rust}
