"""What OpenAI's bodies call what an error is about."""

from typing import Any

import pytest

from puna.api.openai.chat.body import ChatBody
from puna.api.openai.completions.body import CompletionBody
from puna.api.openai.embeddings import EmbeddingBody
from puna.api.openai.responses.body import CompactBody, CreateBody
from puna.api.openai.subjects import name_of
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
from tests.scripted import ScriptedServer
from tests.server import RunningServer

NOTE = {"type": "custom", "custom": {"name": "note"}}
ADD = {"type": "function", "function": {"name": "add"}}
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}


def chat(**fields: Any) -> ChatBody:
    messages = [{"role": "system", "content": "x"}, {"role": "user", "content": "y"}]
    return ChatBody.model_validate({"model": "m", "messages": messages, **fields})


def completion(prompt: Any) -> CompletionBody:
    return CompletionBody.model_validate({"model": "m", "prompt": prompt})


def embedding(given: Any) -> EmbeddingBody:
    return EmbeddingBody.model_validate({"model": "m", "input": given})


def response(**fields: Any) -> CreateBody:
    return CreateBody.model_validate({"model": "m", "input": "x", **fields})


NAMES: list[tuple[Subject, object, str | None]] = [
    (RequestedModel(), None, "model"),
    (RequestedModel(), chat(), "model"),
    (Conversation(), chat(), "messages"),
    (MessageAt(1), chat(), "messages[1]"),
    (MessageAt(2), chat(), "messages[0]"),
    (MessageAt(3), chat(), "messages"),
    (Conversation(), response(), "input"),
    (MessageAt(1), response(), "input"),
    (Conversation(), CompactBody(model="m"), "input"),
    (PromptAt(0), completion("x"), "prompt"),
    (PromptAt(0), completion([1, 2]), "prompt"),
    (PromptAt(0), completion(None), "prompt"),
    (PromptAt(0), completion(["x"]), "prompt"),
    (PromptAt(0), completion(["x", "y"]), "prompt[0]"),
    (PromptAt(1), completion([[1], [2]]), "prompt[1]"),
    (InputAt(0), embedding("x"), "input"),
    (InputAt(0), embedding([1, 2]), "input"),
    (InputAt(4), embedding(["x"] * 5), "input[4]"),
    (InputAt(1), embedding([[1], [2]]), "input[1]"),
    (AnswerSchema(), chat(), "response_format.json_schema.schema"),
    (AnswerSchema(("properties", "a")), completion("x"), "response_format.json_schema.schema.properties.a"),
    (AnswerSchema(("not",)), response(), "text.format.schema.not"),
    (ToolSchema("add", ("type",)), chat(tools=[NOTE, ADD]), "tools[1].function.parameters.type"),
    (ToolSchema("add"), chat(functions=[{"name": "add"}]), "functions[0].parameters"),
    (ToolSchema("f", ("not",)), response(tools=[{"type": "function", "name": "f"}]), "tools[0].parameters.not"),
    (ToolGrammar("note"), chat(tools=[ADD, NOTE]), "tools[1].custom.format.grammar.definition"),
    (ToolGrammar("note"), response(tools=[{"type": "custom", "name": "note"}]), "tools[0].format.definition"),
    (Setting("logit_bias"), chat(), "logit_bias"),
    (Setting("max_tokens"), chat(), "max_tokens"),
    (Setting("max_tokens"), response(), "max_output_tokens"),
    (ToolGrammar("note"), None, None),
]


@pytest.mark.parametrize(("about", "body", "name"), NAMES)
def test_each_body_has_a_name_for_each_part(about: Subject, body: object, name: str | None) -> None:
    assert name_of(about, body) == name


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "chat/completions",
        {"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": [SOUND]}]},
        "messages[1]",
        "This model does not support audio.",
    ),
    (
        "chat/completions",
        {"messages": [{"role": "user", "content": "word " * 20_000}]},
        "messages",
        "has at least 5000",
    ),
    (
        "chat/completions",
        {"messages": [{"role": "user", "content": "x"}], "logit_bias": {"1536": 1}},
        "logit_bias",
        "This model has no token 1536: its tokens are 0 to 1535.",
    ),
    (
        "chat/completions",
        {
            "messages": [{"role": "user", "content": "x"}],
            "functions": [{"name": "f", "parameters": {"type": "string"}}],
        },
        "functions[0].parameters.type",
        "Invalid schema at 'functions[0].parameters.type': ",
    ),
    ("completions", {"prompt": ["a", "word " * 20_000]}, "prompt[1]", "Invalid 'prompt[1]': This model's maximum"),
    ("completions", {"prompt": [2048]}, "prompt", "Invalid 'prompt': Token 2048 at position 0 is out of range"),
    ("embeddings", {"input": ["a", "word " * 3000]}, "input[1]", "embed it in several parts"),
    ("responses", {"input": "word " * 20_000}, "input", "PUNA_CONTEXT_LENGTH"),
]


@pytest.mark.parametrize(("path", "fields", "param", "words"), REFUSED)
def test_a_refusal_names_it(server: RunningServer, path: str, fields: dict[str, Any], param: str, words: str) -> None:
    with server.http() as http:
        answer = http.post(f"/v1/{path}", json={"model": "tiny", **fields})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, param)
    assert words in error["message"]


def test_a_picture_is_refused_where_the_model_is_blind(scripted: ScriptedServer) -> None:
    content = [{"type": "image_url", "image_url": PIXEL}]
    with scripted.http() as http:
        body = {"model": "plain", "messages": [{"role": "user", "content": content}]}
        answer = http.post("/v1/chat/completions", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, "messages[0].content[0].image_url")
    assert "This model does not support images." in error["message"]
