"""Fields that chat has, in the other endpoints as well."""

import base64

import pytest

from tests.scripted import ScriptedServer

TEXT = base64.b64encode("Grüße".encode()).decode()


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("chat/completions", {"messages": [{"role": "user", "content": "x"}]}),
        ("completions", {"prompt": "x"}),
        ("responses", {"input": "x"}),
    ],
)
def test_sampling_extensions_reach_the_engine(scripted: ScriptedServer, path: str, asked: dict[str, object]) -> None:
    body = {"model": "plain", "top_k": 7, "min_p": 0.25, "repeat_penalty": 1.5, **asked}
    with scripted.http() as http:
        answer = http.post(f"/v1/{path}", json=body)
    assert answer.status_code == 200, answer.text
    sampling = scripted.script.request.sampling
    assert (sampling.top_k, sampling.min_p, sampling.repeat_penalty) == (7, 0.25, 1.5)


@pytest.mark.parametrize("data", [TEXT, f"data:text/plain;base64,{TEXT}"])
def test_a_file_of_text_reaches_the_model(scripted: ScriptedServer, data: str) -> None:
    part = {"type": "file", "file": {"file_data": data, "filename": "a.txt"}}
    message = {"role": "user", "content": [{"type": "text", "text": "Read:"}, part]}
    with scripted.http() as http:
        answer = http.post("/v1/chat/completions", json={"model": "plain", "messages": [message]})
    assert answer.status_code == 200, answer.text
    [asked] = scripted.script.request.messages
    assert asked.content[1].text == "File a.txt:\nGrüße"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ({"file_id": "file-1"}, "Uploaded files are not supported"),
        ({"filename": "a.txt"}, "file.file_data"),
        ({"file_data": "/9j/4AAQ"}, "is not a text file"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(scripted: ScriptedServer, file: dict[str, str], words: str) -> None:
    message = {"role": "user", "content": [{"type": "file", "file": file}]}
    with scripted.http() as http:
        answer = http.post("/v1/chat/completions", json={"model": "plain", "messages": [message]})
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
