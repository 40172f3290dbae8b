"""What a newcomer does with a wheel."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

TEST = "Say this is a test"
ANSWER = "This is a test."


@dataclass(frozen=True)
class Trial:
    """A Python, a wheel, a folder, and the number of the user that everything is done as, or none."""

    python: str
    wheel: Path
    folder: Path
    user: int | None

    def all(self) -> None:
        """Raises AssertionError, OSError or SubprocessError for what does not work."""
        self.run(self.python, "-m", "venv", str(self.environment))
        self.run(str(self.environment / "bin/pip"), "install", "--quiet", "--no-cache-dir", str(self.wheel))
        self.tries_without_a_home()
        self.tries_commands()
        self.tries_a_server()

    @property
    def environment(self) -> Path:
        return self.folder / "Umgebung mit Leerzeichen"

    @property
    def puna(self) -> str:
        return str(self.environment / "bin/puna")

    @property
    def variables(self) -> dict[str, str]:
        """No home, and nothing of Puna's own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PUNA_", "OLLAMA_"))}
        return {**kept, "HOME": "/nonexistent", "TMPDIR": str(self.folder), "PUNA_HOST": "127.0.0.1:9"}

    @property
    def with_home(self) -> dict[str, str]:
        return {**self.variables, "PUNA_HOME": str(self.folder / "Mein Zuhause für Püna")}

    def tries_without_a_home(self) -> None:
        """What writes nothing works, and what does says which variable helps."""
        assert "tiny:latest" in self.run(self.puna, "list")
        assert ANSWER in self.run(self.puna, "run", "tiny", TEST)
        refused = self.start(self.puna, "serve", "--port", "0", variables=self.variables)
        _, errors = refused.communicate(timeout=60)
        assert refused.returncode == 1
        assert "PUNA_HOME" in errors

    def tries_commands(self) -> None:
        """A model is made of a Modelfile beside its blanks and umlauts, asked and removed."""
        modelfile = self.folder / "Módelfile für mich"
        modelfile.write_text("FROM tiny\nSYSTEM Grüß Gott.\n", encoding="utf-8")
        self.run(self.puna, "create", "brief", "-f", str(modelfile), variables=self.with_home)
        assert "Grüß Gott." in self.run(self.puna, "show", "--system", "brief", variables=self.with_home)
        assert self.run(self.puna, "run", "brief", TEST, variables=self.with_home).strip()
        self.run(self.puna, "rm", "brief", variables=self.with_home)

    def tries_a_server(self) -> None:
        """It listens, answers, and ends when it is asked to."""
        server = self.start(self.puna, "serve", "--port", "0", variables=self.with_home)
        assert server.stdout
        try:
            url = server.stdout.readline().split()[-1]
            body = {"model": "tiny", "messages": [{"role": "user", "content": TEST}]}
            data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
            request = Request(f"{url}/v1/chat/completions", data, headers)  # noqa: S310 - its own server
            with urlopen(request, timeout=120) as answer:  # noqa: S310
                assert json.load(answer)["choices"][0]["message"]["content"] == ANSWER
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=60)
        assert server.returncode == 0

    def run(self, *command: str, variables: Mapping[str, str] | None = None) -> str:
        """A command that has to succeed, and what it prints."""
        process = self.start(*command, variables=variables or self.variables)
        output, errors = process.communicate(timeout=900)
        assert process.returncode == 0, f"{command}: {errors}"
        return output

    def start(self, *command: str, variables: Mapping[str, str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=variables,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else (),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
