"""The command `puna`, run as users run it."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.fork_server import fork_server
from tests.server import THREADS

UNUSED_PORT = "9"
"""The port of a service that nobody runs any more: a command that is given it finds no server."""


@dataclass(frozen=True)
class Puna:
    """Runs commands in a folder, with a home of their own and the server of an address, or none."""

    folder: Path
    home: Path
    address: str = f"127.0.0.1:{UNUSED_PORT}"
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the commands."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PUNA_", "OLLAMA_"))}
        own = {"PUNA_HOME": str(self.home), "PUNA_HOST": self.address, "PUNA_THREADS": THREADS}
        return {**clean, **own, **self.variables}

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever that is."""
        return fork_server().run([*arguments], self.environment, self.folder, stdin)

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that has to succeed, and return what it prints."""
        result = self.run(*arguments, stdin=stdin)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def fails(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that has to fail, and return what it says about that."""
        result = self.run(*arguments, stdin=stdin)
        assert result.returncode == 1, result.stdout + result.stderr
        assert "Traceback" not in result.stderr
        return result.stderr
