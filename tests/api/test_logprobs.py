"""A token that is part of a character, and one that is all but impossible, are written alike in every dialect."""

import json
from typing import Any

import pytest

from puna.api.logprobs import LEAST, render_tokens, token_text
from puna.core.completions import PromptRead
from puna.core.events import Done, Finished, TextDelta, TokenLogprob, Usage
from tests.scripted import ScriptedServer

NEVER = -3.4028234663852886e38
HALF = TokenLogprob(7, "\ufffd", b"\xe2\x80", -0.5, (TokenLogprob(8, "a", b"a", NEVER),))
REST = TokenLogprob(9, "\ufffd", b"\xa6", NEVER)
EVENTS = (TextDelta(0, "…", (HALF, REST)), Finished(0, "stop"), Done(Usage(1, 2)))
SPLIT = "bytes:\\xe2\\x80"

MESSAGES = [{"role": "user", "content": "hi"}]


def chat_tokens(answer: Any) -> Any:
    return answer["choices"][0]["logprobs"]["content"]


def response_tokens(answer: Any) -> Any:
    return answer["output"][0]["content"][0]["logprobs"]


ROUTES: list[tuple[str, dict[str, Any], Any]] = [
    ("/v1/chat/completions", {"messages": MESSAGES, "logprobs": True, "top_logprobs": 1}, chat_tokens),
    ("/v1/responses", {"input": "hi", "store": False, "top_logprobs": 1}, response_tokens),
    (
        "/api/chat",
        {"messages": MESSAGES, "logprobs": True, "top_logprobs": 1, "stream": False},
        lambda answer: answer["logprobs"],
    ),
    (
        "/api/generate",
        {"prompt": "hi", "logprobs": True, "top_logprobs": 1, "stream": False},
        lambda answer: answer["logprobs"],
    ),
]


@pytest.mark.parametrize(("path", "fields", "tokens"), ROUTES)
def test_a_split_character_is_written_by_its_bytes(
    scripted: ScriptedServer, path: str, fields: dict[str, Any], tokens: Any
) -> None:
    scripted.script.answer(*EVENTS)
    with scripted.http() as http:
        half, rest = tokens(http.post(path, json={"model": "plain", **fields}).json())
    assert (half["token"], half["bytes"], half["logprob"]) == (SPLIT, [0xE2, 0x80], -0.5)
    assert half["top_logprobs"] == [{"token": "a", "bytes": [97], "logprob": LEAST}]
    assert (rest["token"], rest["bytes"], rest["logprob"]) == ("bytes:\\xa6", [0xA6], LEAST)
    assert not rest.get("top_logprobs")


def test_completions_write_them_in_lists(scripted: ScriptedServer) -> None:
    scripted.script.answer(PromptRead(0, "hi", 1), *EVENTS)
    with scripted.http() as http:
        answer = http.post("/v1/completions", json={"model": "plain", "prompt": "hi", "logprobs": 1}).json()
    logprobs = answer["choices"][0]["logprobs"]
    assert logprobs["tokens"] == [SPLIT, "bytes:\\xa6"]
    assert logprobs["token_logprobs"] == [-0.5, LEAST]
    assert logprobs["top_logprobs"] == [{"a": LEAST, SPLIT: -0.5}, {"bytes:\\xa6": LEAST}]


def test_streamed_responses_have_them_without_bytes(scripted: ScriptedServer) -> None:
    scripted.script.answer(*EVENTS)
    body = {"model": "plain", "input": "hi", "store": False, "top_logprobs": 1, "stream": True}
    with scripted.http() as http:
        lines = http.post("/v1/responses", json=body).text.splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    [delta] = [event for event in events if event["type"] == "response.output_text.delta"]
    assert delta["logprobs"] == [
        {"token": SPLIT, "logprob": -0.5, "top_logprobs": [{"token": "a", "logprob": LEAST}]},
        {"token": "bytes:\\xa6", "logprob": LEAST, "top_logprobs": []},
    ]


@pytest.mark.parametrize(("path", "fields", "tokens"), [route for route in ROUTES if route[0] != "/v1/responses"])
def test_streams_have_them_in_the_same_form(
    scripted: ScriptedServer, path: str, fields: dict[str, Any], tokens: Any
) -> None:
    answers = []
    for stream in (False, True):
        scripted.script.answer(*EVENTS)
        with scripted.http() as http:
            text = http.post(path, json={"model": "plain", **fields, "stream": stream}).text
        lines = (line.removeprefix("data: ") for line in text.splitlines())
        every = [json.loads(line) for line in lines if line.startswith("{")]
        answers.append([token for each in every if has_tokens(each) for token in tokens(each)])
    whole, streamed = answers
    assert whole == streamed
    assert len(whole) == 2


def has_tokens(answer: Any) -> bool:
    choice = answer["choices"][0] if answer.get("choices") else answer
    return bool(choice.get("logprobs"))


@pytest.mark.parametrize("logprob", [NEVER, float("-inf")])
def test_what_is_impossible_is_valid_json(scripted: ScriptedServer, logprob: float) -> None:
    token = TokenLogprob(7, "a", b"a", logprob, (TokenLogprob(8, "b", b"b", logprob),))
    for path, fields, _ in ROUTES:
        scripted.script.answer(TextDelta(0, "a", (token,)), *EVENTS[1:])
        with scripted.http() as http:
            text = http.post(path, json={"model": "plain", **fields}).text
        found = json.loads(text, parse_constant=pytest.fail)
        assert str(LEAST) in json.dumps(found)


def test_whole_characters_are_text() -> None:
    assert token_text(" …".encode()) == " …"
    assert render_tokens(()) == []
