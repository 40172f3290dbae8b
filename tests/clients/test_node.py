import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.server import RunningServer

Run = Callable[[str], Any]

FOLDER = Path(__file__).parent / "node"


@pytest.fixture
def node() -> str:
    """The Node.js program, with OpenAI's SDK installed beside the tests."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not installed")
    if not (FOLDER / "node_modules" / "openai").is_dir():
        pytest.skip("the npm package openai is not installed: npm ci --prefix tests/clients/node")
    return program


@pytest.fixture
def run(node: str, server: RunningServer) -> Run:
    """Runs one of the programs beside the tests and gives what it prints."""

    def run(program: str) -> Any:
        environment = {**os.environ, "PUNA_URL": server.url}
        result = subprocess.run(
            [node, FOLDER / program], env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


def test_the_node_sdk_holds_a_conversation(run: Run) -> None:
    assert run("chat.mjs") == {
        "whole": "This is a test.",
        "streamed": "This is a test.",
        "finish": "stop",
        "models": ["tiny:latest"],
        "missing": {"status": 404, "code": "model_not_found"},
    }


def test_the_node_sdk_calls_tools(run: Run) -> None:
    assert run("tools.mjs") == {
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


def test_the_node_sdk_parses_structured_output(run: Run) -> None:
    assert set(run("structured.mjs").items()) == {
        (kind, True) for kind in ("whole", "streamed", "done", "final", "usage")
    }


def test_the_node_sdk_completes_and_scores(run: Run) -> None:
    assert run("completions.mjs") == {
        "text": "This is a test.",
        "joined": "This is a test.",
        "first": None,
        "negative": True,
        "lists": True,
        "same": True,
        "usage": 6,
        "indexes": [0, 1, 2, 3],
    }


def test_the_node_sdk_embeds(run: Run) -> None:
    assert run("embeddings.mjs") == {
        "indexes": [0, 1],
        "units": True,
        "same": True,
        "base64": "string",
        "short": [16, True],
        "usage": True,
    }


def test_the_node_sdk_tells_errors_apart(run: Run) -> None:
    assert run("errors.mjs") == {
        "unknown": ["NotFoundError", 404, "model", "model_not_found"],
        "field": ["BadRequestError", 400, "temperature", "decimal_above_max_value"],
        "extra": ["BadRequestError", 400, "typo", "unknown_parameter"],
        "embedding": ["BadRequestError", 400, "input", "string_below_min_length"],
        "completion": ["BadRequestError", 400, "prompt", None],
        "connection": "APIConnectionError",
        "after": "This is a test.",
    }
