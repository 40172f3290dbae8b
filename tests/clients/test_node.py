import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.server import RunningServer

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


def test_the_node_sdk_holds_a_conversation(server: RunningServer, node: str) -> None:
    result = subprocess.run(
        [node, FOLDER / "chat.mjs"],
        env={**os.environ, "PUNA_URL": server.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {
        "whole": "This is a test.",
        "streamed": "This is a test.",
        "finish": "stop",
        "models": ["tiny:latest"],
        "missing": {"status": 404, "code": "model_not_found"},
    }
