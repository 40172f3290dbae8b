"""Which engine is asked for what can't be said of tokens that were drafted."""

from pathlib import Path
from typing import Any

import pytest

from puna.builds.source import MARK
from puna.engines.engine import Task
from puna.engines.launch import Launch
from puna.engines.model import EngineModel
from puna.engines.settings import EngineSettings
from tests.scripted import scripted_server

MESSAGES = [{"role": "user", "content": "Hello"}]
REQUESTS: dict[str, list[dict[str, Any]]] = {
    "/v1/chat/completions": [{"messages": MESSAGES}, {"messages": MESSAGES, "logprobs": True}],
    "/v1/completions": [{"prompt": "Hello"}, {"prompt": "Hello", "logprobs": 0}],
    "/api/chat": [{"messages": MESSAGES}, {"messages": MESSAGES, "logprobs": True}],
}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A `llama-server` that decides about drafts for each request."""
    path = tmp_path / "llama-server"
    path.write_bytes(b"#!/bin/sh\n# " + MARK + b"\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("by_request", [False, True])
def test_log_probabilities_come_from_an_engine_without_drafts(
    tmp_path: Path, program: Path, *, by_request: bool
) -> None:
    planned: list[int | None] = []

    def watch(model: EngineModel, task: Task, settings: EngineSettings) -> Launch | None:
        assert settings.drafts_by_request == by_request
        planned.append(model.parameters.draft_num_predict)
        return None

    variables = {"PUNA_LLAMA_SERVER": str(program)} if by_request else {}
    with scripted_server(tmp_path / "home", engines=(watch,), **variables) as server, server.http() as http:
        for path, bodies in REQUESTS.items():
            planned.clear()
            for body in bodies:
                assert http.post(path, json={"model": "plain", "stream": False, **body}).status_code == 200
            assert planned[0] is None
            assert planned[-1] == (None if by_request else 0)
