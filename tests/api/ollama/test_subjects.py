"""What the native API's bodies call what an error is about."""

from typing import Any

import pytest

from puna.api.ollama.chat import ChatBody
from puna.api.ollama.embeddings import EmbedBody, OlderBody
from puna.api.ollama.generate import GenerateBody
from puna.api.ollama.subjects import name_of
from puna.core.subjects import (
    AnswerSchema,
    Conversation,
    InputAt,
    MessageAt,
    PromptAt,
    RequestedModel,
    Setting,
    Subject,
    ToolGrammar,
    ToolSchema,
)
from tests.api.openai.test_subjects import PIXEL
from tests.scripted import ScriptedServer
from tests.server import RunningServer

CHAT = ChatBody.model_validate(
    {
        "model": "m",
        "messages": [{"role": "user", "content": "x"}, {"role": "user", "content": "y"}],
        "tools": [{"type": "function", "function": {"name": "add"}}],
    }
)
GENERATE = GenerateBody(model="m", prompt="x")

NAMES: list[tuple[Subject, object, str | None]] = [
    (RequestedModel(), None, "model"),
    (Conversation(), CHAT, "messages"),
    (MessageAt(1), CHAT, "messages[1]"),
    (MessageAt(3), CHAT, "messages"),
    (Conversation(), GENERATE, "prompt"),
    (PromptAt(0), GENERATE, "prompt"),
    (InputAt(0), EmbedBody(model="m", input="x"), "input"),
    (InputAt(1), EmbedBody(model="m", input=["x", "y"]), "input[1]"),
    (InputAt(0), OlderBody(model="m", prompt="x"), "prompt"),
    (AnswerSchema(("properties", "a")), CHAT, "format.properties.a"),
    (AnswerSchema(), GENERATE, "format"),
    (ToolSchema("add", ("type",)), CHAT, "tools[0].function.parameters.type"),
    (Setting("max_tokens"), CHAT, "options.num_predict"),
    (Setting("top_k"), CHAT, "options.top_k"),
    (Setting("suffix"), GENERATE, "suffix"),
    (ToolGrammar("add"), CHAT, None),
]


@pytest.mark.parametrize(("about", "body", "name"), NAMES)
def test_each_body_has_a_name_for_each_part(about: Subject, body: object, name: str | None) -> None:
    assert name_of(about, body) == name


@pytest.mark.parametrize(
    ("path", "fields", "message"),
    [
        ("embed", {"input": ["x", ""]}, "Invalid 'input[1]': The input has no tokens."),
        ("embed", {"input": ["x", "word " * 3000]}, "Invalid 'input[1]': This model's maximum context length"),
        ("embeddings", {"prompt": ""}, "Invalid 'prompt': The input has no tokens."),
    ],
)
def test_a_refusal_says_what_and_where(
    server: RunningServer, path: str, fields: dict[str, Any], message: str
) -> None:
    with server.http() as http:
        answer = http.post(f"/api/{path}", json={"model": "tiny", **fields})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(message)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("chat", {"messages": [{"role": "user", "content": "x", "images": [PIXEL.partition(",")[2]]}]}),
        ("generate", {"prompt": "x", "images": [PIXEL.partition(",")[2]]}),
    ],
)
def test_a_picture_is_refused_where_the_model_is_blind(
    scripted: ScriptedServer, path: str, fields: dict[str, Any]
) -> None:
    with scripted.http() as http:
        answer = http.post(f"/api/{path}", json={"model": "plain", **fields})
    assert answer.status_code == 400
    assert answer.json()["error"] == "This model does not support images."
