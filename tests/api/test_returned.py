"""What a tool returned and the model can't read: it is told so, and the conversation goes on."""

import base64
from typing import Any

import httpx2
import pytest

from puna.core.messages import Image, Part, Text
from tests.pictures import plain
from tests.scripted import ScriptedServer

PICTURE = base64.b64encode(plain()).decode()
PDF = base64.b64encode(b"%PDF-1.7\0").decode()
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "call_1", "name": "read", "input": {}}]}
CALL = {"id": "call_1", "type": "function", "function": {"name": "read", "arguments": "{}"}}


def claude(*blocks: dict[str, Any], beside: tuple[dict[str, Any], ...] = ()) -> tuple[str, dict[str, Any]]:
    result = {"type": "tool_result", "tool_use_id": "call_1", "content": [*blocks]}
    said = [{"role": "user", "content": "Read it."}, USE, {"role": "user", "content": [result, *beside]}]
    return "/v1/messages", {"max_tokens": 9, "messages": said}


def picture_block(data: str = PICTURE) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def pdf_block() -> dict[str, Any]:
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}}


def responses(*parts: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    call = {"type": "function_call", "call_id": "call_1", "name": "read", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "call_1", "output": [*parts]}
    return "/v1/responses", {"input": [{"role": "user", "content": "Read it."}, call, result]}


def chat(*parts: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    said = [
        {"role": "user", "content": "Read it."},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": [*parts]},
    ]
    return "/v1/chat/completions", {"messages": said}


def native(*pictures: str) -> tuple[str, dict[str, Any]]:
    said = [
        {"role": "user", "content": "Read it."},
        {"role": "assistant", "tool_calls": [{"function": {"name": "read", "arguments": {}}}]},
        {"role": "tool", "tool_name": "read", "content": "", "images": [*pictures]},
    ]
    return "/api/chat", {"messages": said, "stream": False}


ADDRESS = f"data:image/png;base64,{PICTURE}"
PICTURES = {
    "messages": claude(picture_block()),
    "responses": responses({"type": "input_image", "image_url": ADDRESS}),
    "chat": chat({"type": "image_url", "image_url": {"url": ADDRESS}}),
    "native": native(PICTURE),
}


def posted(scripted: ScriptedServer, path: str, body: dict[str, Any]) -> httpx2.Response:
    with scripted.http() as http:
        return http.post(path, json=body)


def result_for(scripted: ScriptedServer, model: str, request: tuple[str, dict[str, Any]]) -> tuple[Part, ...]:
    """What the model reads as the tool's result."""
    path, body = request
    answer = posted(scripted, path, {"model": model, **body})
    assert answer.status_code == 200, answer.text
    return next(message.content for message in scripted.script.request.messages if message.role == "tool")


@pytest.mark.parametrize("dialect", PICTURES)
def test_a_model_is_told_of_a_picture_that_it_can_t_see(scripted: ScriptedServer, dialect: str) -> None:
    path, body = PICTURES[dialect]
    answer = posted(scripted, path, {"model": "plain", **body})
    assert answer.status_code == 200, answer.text
    assert answer.headers["puna-ignored"]
    (part,) = next(message.content for message in scripted.script.request.messages if message.role == "tool")
    assert isinstance(part, Text)
    assert "a picture" in part.text
    assert "does not support images" in part.text


@pytest.mark.parametrize("dialect", PICTURES)
def test_a_model_that_sees_gets_it(scripted: ScriptedServer, dialect: str) -> None:
    (part,) = result_for(scripted, "sees", PICTURES[dialect])
    assert isinstance(part, Image)


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (claude(pdf_block()), "PDF files are not supported"),
        (claude(picture_block(base64.b64encode(b"no picture").decode())), "not an image"),
        (
            responses({"type": "input_file", "filename": "a.pdf", "file_data": PDF}),
            "The file 'a.pdf' is not a text file",
        ),
    ],
)
def test_a_model_is_told_of_what_nothing_here_reads(
    scripted: ScriptedServer, request_: tuple[str, dict[str, Any]], says: str
) -> None:
    said = [part.text for part in result_for(scripted, "sees", request_) if isinstance(part, Text)]
    assert says in said[-1]


def test_a_file_that_comes_beside_a_result_is_the_tool_s_as_well(scripted: ScriptedServer) -> None:
    path, body = claude({"type": "text", "text": "PDF file read: a.pdf"}, beside=(pdf_block(), picture_block()))
    assert posted(scripted, path, {"model": "plain", **body}).status_code == 200
    asked = scripted.script.request.messages[-1]
    assert asked.role == "user"
    assert "PDF files are not supported" in asked.text
    assert "does not support images" in asked.text


def test_a_picture_of_the_user_s_own_is_refused_as_ever(scripted: ScriptedServer) -> None:
    body = {"max_tokens": 9, "messages": [{"role": "user", "content": [picture_block()]}]}
    answer = posted(scripted, "/v1/messages", {"model": "plain", **body})
    assert answer.status_code == 400
    assert "does not support images" in answer.text
