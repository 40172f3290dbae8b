"""Answers that a limit cuts, as clients get them: after every token, streamed and not."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.scripted import ScriptedServer, scripted_server
from tests.scripted_model import vocabulary_of, write_scripted_model
from tests.stored_models import add_model, plan_templated
from tests.templates.small import SMALL

THOUGHT, TEXT = "I wonder.", "Let me look."
CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Trondheim", "days": 3}}\n</tool_call>'
TAGGED_CALL = (
    "<tool_call>\n<function=get_weather>\n<parameter=city>\nTrondheim\n</parameter>\n"
    "<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>"
)
SAYS = {"chatml": f"{TEXT}\n{CALL}", "tagged": f"{THOUGHT}\n</think>\n\n{TEXT}\n{TAGGED_CALL}"}
PROPERTIES = {"city": {"type": "string"}, "days": {"type": "integer"}}
FUNCTION = {"name": "get_weather", "parameters": {"type": "object", "properties": PROPERTIES}}
BODY = {"messages": [{"role": "user", "content": "?"}], "tools": [{"type": "function", "function": FUNCTION}]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedServer]:
    folder = tmp_path_factory.mktemp("cuts")
    with scripted_server(folder / "home", engines=(plan_templated,)) as server:
        for name, says in SAYS.items():
            weights = write_scripted_model(folder / f"{name}.gguf", says, SMALL[name], context=2048)
            add_model(server.home / "models", name, weights)
        yield server


@pytest.mark.parametrize("name", SAYS)
def test_no_cut_loses_anything(server: ScriptedServer, name: str) -> None:
    pieces = vocabulary_of(SAYS[name], SMALL[name]).pieces
    with server.http() as http:
        for count in range(1, len(pieces) + 1):
            body = {"model": name, "temperature": 0, "max_tokens": count, **BODY}
            whole = http.post("/v1/chat/completions", json=body)
            streamed = http.post("/v1/chat/completions", json={**body, "stream": True})
            said = b"".join(pieces[:count]).decode()
            assert (whole.status_code, streamed.status_code) == (200, 200), said
            answer = in_one(whole.json()["choices"], "message")
            assert in_one(chunks(streamed.text), "delta") == answer, said
            for part in (THOUGHT, TEXT, "Trondheim"):
                begun = SAYS[name][: len(said)].rpartition(part)[1] or end_of(said, part)
                assert begun.strip() in answer["reasoning"] + answer["content"] + answer["arguments"], said
            assert answer["reason"] == ("length" if count < len(pieces) else answer["reason"]), said
    assert (answer["content"], answer["names"]) == (TEXT, ["get_weather"])
    assert json.loads(answer["arguments"]) == {"city": "Trondheim", "days": 3}


def chunks(text: str) -> list[Any]:
    """The choices of a stream."""
    lines = (line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {"))
    return [choice for line in lines for choice in json.loads(line)["choices"]]


def in_one(choices: list[Any], key: str) -> dict[str, Any]:
    """What an answer has, whatever pieces it came in."""
    found: dict[str, Any] = {"reasoning": "", "content": "", "arguments": "", "names": [], "reason": None}
    for choice in choices:
        message = choice[key]
        found["reasoning"] += message.get("reasoning") or ""
        found["content"] += message.get("content") or ""
        for call in message.get("tool_calls") or ():
            found["arguments"] += call["function"].get("arguments", "")
            found["names"] += [call["function"]["name"]] if call["function"].get("name") else []
        found["reason"] = choice["finish_reason"] or found["reason"]
    return found


def end_of(said: str, part: str) -> str:
    """What of a part a text ends with."""
    return next((part[:size] for size in range(len(part), 2, -1) if said.endswith(part[:size])), "")
