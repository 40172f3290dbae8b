import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from puna.models import TINY_IMAGE_NAME
from tests.library.registry.docker import docker_registry, needs_registry
from tests.server import RunningServer, StartServer

Run = Callable[[str], Any]

FOLDER = Path(__file__).parent / "node"


def require(package: str) -> str:
    """The program of Node.js. Skips where it or the package is not installed."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not installed")
    if not (FOLDER / "node_modules" / package).is_dir():
        pytest.skip(f"the npm package {package} is not installed: npm ci --prefix tests/clients/node")
    return program


def run(script: str, package: str, **variables: str) -> dict[str, Any]:
    """What a script prints, which is JSON. Skips where Node.js or the package is not installed."""
    program = require(package)
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


@pytest.fixture
def openai(server: RunningServer) -> Run:
    """Runs one of the programs beside the tests that use the `openai` package, and gives what it prints."""
    return lambda script: run(script, "openai", PUNA_URL=server.url)


def test_the_node_sdk_holds_a_conversation(openai: Run) -> None:
    assert openai("chat.mjs") == {
        "whole": "This is a test.",
        "streamed": "This is a test.",
        "finish": "stop",
        "first": "tiny:latest",
        "missing": {"status": 404, "code": "model_not_found"},
    }


def test_the_node_sdk_calls_tools(openai: Run) -> None:
    assert openai("tools.mjs") == {
        "name": "get_weather",
        "id": True,
        "valid": True,
        "streamed": True,
        "several": True,
        "done": ["get_weather", 0, True],
        "reason": "tool_calls",
        "helper": True,
        "parsed": True,
        "run": [["Paris"], "sunny"],
    }


def test_the_node_sdk_parses_structured_output(openai: Run) -> None:
    assert set(openai("structured.mjs").items()) == {
        (kind, True) for kind in ("whole", "streamed", "done", "final", "usage")
    }


def test_the_node_sdk_completes_and_scores(openai: Run) -> None:
    assert openai("completions.mjs") == {
        "text": "This is a test.",
        "joined": "This is a test.",
        "first": None,
        "negative": True,
        "lists": True,
        "same": True,
        "usage": True,
        "indexes": [0, 1, 2, 3],
    }


def test_the_node_sdk_embeds(openai: Run) -> None:
    assert openai("embeddings.mjs") == {
        "indexes": [0, 1],
        "units": True,
        "same": True,
        "base64": "string",
        "short": [16, True],
        "usage": True,
    }


def test_the_node_sdk_tells_errors_apart(openai: Run) -> None:
    assert openai("errors.mjs") == {
        "unknown": ["NotFoundError", 404, "model", "model_not_found"],
        "field": ["BadRequestError", 400, "temperature", "decimal_above_max_value"],
        "extra": ["BadRequestError", 400, "typo", "unknown_parameter"],
        "embedding": ["BadRequestError", 400, "input", "string_below_min_length"],
        "completion": ["BadRequestError", 400, "prompt", None],
        "connection": "APIConnectionError",
        "after": "This is a test.",
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
    assert {*printed["left"]} - {TINY_IMAGE_NAME} == {"mine:latest", "tiny:latest"}
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
