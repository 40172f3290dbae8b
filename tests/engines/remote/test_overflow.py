"""A model that runs here, and on another server when too many wait."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from puna.engines.remote.launch import plan_remote
from tests.engines.remote.front import Front, front_server
from tests.engines.remote.stub import Stub
from tests.gated import Gate


@pytest.fixture
def gate() -> Gate:
    """Before an engine that does one thing at a time."""
    return Gate(slots=1)


@pytest.fixture
def front(tmp_path: Path, gate: Gate) -> Iterator[Front]:
    with front_server(tmp_path, (plan_remote, gate.plan)) as server:
        yield server
        gate.opened.set()


@pytest.mark.parametrize(("overflow", "waiting"), [(0, 0), (1, 1)])
def test_what_would_wait_behind_too_many_goes_elsewhere(
    overflow: int, waiting: int, front: Front, stub: Stub, gate: Gate
) -> None:
    stub.owned_by("somebody")
    stub.say("elsewhere")
    front.make("both", f"FROM tiny\nFROM {stub.url} m\nOVERFLOW {overflow}")
    said: list[str] = []

    def ask() -> None:
        with front.client() as client:
            answer = client.chat.completions.create(
                model="both", messages=[{"role": "user", "content": "hi"}], stream=True
            )
            said.extend(chunk.choices[0].delta.content or "" for chunk in answer)

    first = [threading.Thread(target=ask) for _ in range(1 + waiting)]
    with front.http() as http:
        for number, thread in enumerate(first):
            thread.start()
            while http.get("/metrics").text.find(f"puna_queue_length {float(number)}") < 0 or not said_by(http):
                pass
    ask()
    assert "elsewhere" in said
    gate.opened.set()
    for thread in first:
        thread.join()
    assert said.count("elsewhere") == 1


def said_by(http: object) -> bool:
    """Whether the engine here works."""
    rows = http.get("/api/ps").json()["models"]  # type: ignore[attr-defined]
    return bool(rows)
