"""Uses all clients, or those named, and writes what works: `python -m tests.clients.unmodified UV PAGE [NAME …]`.

Ends with 1 where something fails that nobody expects to. What was found out before is kept beside the environments,
so that the page has all clients although only some were run.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.clients.unmodified.clients import CLIENTS, EXPECTED, Client
from tests.clients.unmodified.environments import NotInstalled, cache, prepare
from tests.clients.unmodified.page import page
from tests.clients.unmodified.willing import serving

SECONDS = 600
Found = dict[str, str | None]
"""The uses of a client, and why one fails."""


def use(client: Client, uv: str, url: str) -> Found:
    """What a client can do, installed where it is not yet."""
    try:
        return reported(prepare(client, uv), client.name, url)
    except NotInstalled as error:
        return {"install": str(error)}


def reported(command: Sequence[str], name: str, url: str) -> Found:
    """What the program of the client of that name reports, in an empty home."""
    with tempfile.TemporaryDirectory() as home:
        given = {
            **os.environ,
            "HOME": home,
            "PUNA_URL": url,
            "PUNA_CLIENT": name,
            "OPENAI_BASE_URL": f"{url}/v1",
            "OPENAI_API_BASE": f"{url}/v1",
            "OPENAI_API_KEY": "unused",
            "OLLAMA_HOST": url,
            "OLLAMA_API_BASE": url,
            "OLLAMA_BASE_URL": url,
            "NO_PROXY": "127.0.0.1",
        }
        try:
            result = subprocess.run(
                command, cwd=home, env=given, capture_output=True, text=True, check=False, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return {"run": f"it takes more than {SECONDS} seconds"}
    found: Found = {}
    for line in result.stdout.splitlines():
        if line.startswith('{"use":'):
            report: dict[str, Any] = json.loads(line)
            found[report["use"]] = report["error"]
    if result.returncode or not found:
        found["run"] = (result.stderr or result.stdout).strip()[-2000:]
    return found


def kept() -> dict[str, Found]:
    """What was found out so far."""
    file = cache() / "found.json"
    found: dict[str, Found] = json.loads(file.read_text()) if file.exists() else {}
    return found


def keep(client: Client, found: Found) -> None:
    """Keep what was found out of a client; others may be run beside this one."""
    cache().mkdir(parents=True, exist_ok=True)
    (cache() / "found.json").write_text(json.dumps(kept() | {client.name: found}, indent=1))


def main(uv: str, target: str, *names: str) -> int:
    """Use them, and write the page."""
    unexpected = 0
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as url:
        for client in CLIENTS:
            if names and client.name not in names:
                continue
            found = use(client, uv, url)
            keep(client, found)
            failed = {name: why for name, why in found.items() if why and (client.name, name) not in EXPECTED}
            unexpected += len(failed)
            print(f"{client.name}: {', '.join(name for name, why in found.items() if not why)}", flush=True)
            for name, why in failed.items():
                print(f"  {name} FAILED: {why}", flush=True)
    Path(target).write_text(page(Path(target).read_text(), kept()))
    return 1 if unexpected else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
