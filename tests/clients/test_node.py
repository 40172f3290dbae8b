import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StartServer
from tests.library.registry.docker import docker_registry, needs_registry
from tests.server import RunningServer

FOLDER = Path(__file__).parent / "node"


def run(script: str, package: str, **variables: str) -> dict[str, Any]:
    """What a script prints, which is JSON. Skips where Node.js or the package is not installed."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not installed")
    if not (FOLDER / "node_modules" / package).is_dir():
        pytest.skip(f"the npm package {package} is not installed: npm ci --prefix tests/clients/node")
    result = subprocess.run(
        [program, FOLDER / script],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    printed: dict[str, Any] = json.loads(result.stdout)
    return printed


def test_the_node_sdk_holds_a_conversation(server: RunningServer) -> None:
    assert run("chat.mjs", "openai", PUNA_URL=server.url) == {
        "whole": "This is a test.",
        "streamed": "This is a test.",
        "finish": "stop",
        "models": ["tiny:latest"],
        "missing": {"status": 404, "code": "model_not_found"},
    }


def test_ollamas_package_does_all_that_it_offers(start_server: StartServer) -> None:
    printed = run("ollama.mjs", "ollama", PUNA_URL=start_server().url)
    assert printed["chat"] == {"role": "assistant", "content": "This is a test."}
    assert printed["counted"]
    assert printed["streamed"] == "This is a test."
    assert printed["last"] == {"done": True, "done_reason": "stop"}
    assert printed["generated"] == printed["generatedStream"] == "This is a test."
    assert "count" in json.loads(printed["schema"])
    assert len(printed["vectors"]) == 2
    for vector in printed["vectors"]:
        assert sum(x * x for x in vector) == pytest.approx(1, abs=1e-3)
    assert printed["created"][-1] == "success"
    assert printed["shown"] == {"system": "Be brief.", "parameters": "top_k                          3"}
    assert (
        printed["digests"]["copied:latest"] == printed["digests"]["mine:latest"] != printed["digests"]["tiny:latest"]
    )
    assert printed["running"] == ["tiny:latest"]
    assert printed["unloaded"] == []
    assert sorted(printed["left"]) == ["mine:latest", "tiny:latest"]
    assert "not found" in printed["missing"]["message"]
    assert printed["missing"]["status"] == 404
    assert printed["stopped"]["name"] == "AbortError"
    assert printed["version"]


@needs_registry
def test_ollamas_package_pushes_and_pulls_with_progress(start_server: StartServer, tmp_path: Path) -> None:
    with docker_registry(tmp_path) as address:
        printed = run("ollama_registry.mjs", "ollama", PUNA_URL=start_server().url, REGISTRY=f"{address}/me/mine:v1")
    for steps in (printed["pushed"], printed["pulled"]):
        assert steps[-1]["status"] == "success"
        transfers = [step for step in steps if "digest" in step]
        assert len({step["digest"] for step in transfers}) == 2
        assert transfers[-1]["completed"] == transfers[-1]["total"]
    assert printed["before"] == printed["after"]
