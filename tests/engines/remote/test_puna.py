"""Another Puna as the server of a model: everything that it can do is done through the one in front of it."""

import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from tests.engines.remote.front import Front
from tests.server import RunningServer

ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Say this is a test"}]


@pytest.fixture(scope="module")
def client(front: Front, server: RunningServer) -> openai.OpenAI:
    front.make("far", f"FROM {server.url}/v1/ tiny")
    return front.client()


def test_a_chat_whole_and_streamed(client: openai.OpenAI, server: RunningServer) -> None:
    here = server.client().chat.completions.create(model="tiny", messages=ASKED, temperature=0, seed=1)
    there = client.chat.completions.create(model="far", messages=ASKED, temperature=0, seed=1)
    assert there.choices[0].message.content == here.choices[0].message.content
    assert there.usage
    assert here.usage
    assert there.usage.completion_tokens == here.usage.completion_tokens
    assert there.usage.prompt_tokens == here.usage.prompt_tokens
    stream = client.chat.completions.create(model="far", messages=ASKED, temperature=0, stream=True)
    pieces = [chunk.choices[0].delta.content or "" for chunk in stream]
    assert "".join(pieces) == here.choices[0].message.content
    assert len(pieces) > 3


def test_choices_and_log_probabilities(client: openai.OpenAI, server: RunningServer) -> None:
    def ask(asked: openai.OpenAI, model: str) -> list[tuple[str, float]]:
        answer = asked.chat.completions.create(
            model=model, messages=ASKED, n=2, logprobs=True, top_logprobs=2, temperature=0, max_tokens=4
        )
        assert [choice.index for choice in answer.choices] == [0, 1]
        first = answer.choices[0].logprobs
        assert first
        assert first.content
        return [(top.token, round(top.logprob, 2)) for token in first.content for top in token.top_logprobs]

    assert ask(client, "far") == ask(server.client(), "tiny")


def test_a_schema_and_a_forced_call(client: openai.OpenAI) -> None:
    schema = {"type": "object", "properties": {"city": {"enum": ["Oslo", "Rome"]}}, "required": ["city"]}
    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": schema, "strict": True}}
    answer = client.chat.completions.create(model="far", messages=ASKED, response_format=form)  # type: ignore[call-overload]
    assert json.loads(answer.choices[0].message.content)["city"] in ("Oslo", "Rome")
    tool = {"type": "function", "function": {"name": "visit", "parameters": schema}}
    called = client.chat.completions.create(model="far", messages=ASKED, tools=[tool], tool_choice="required")  # type: ignore[call-overload]
    [call] = called.choices[0].message.tool_calls
    assert call.function.name == "visit"
    assert called.choices[0].finish_reason == "tool_calls"


def test_a_text_of_a_form(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="far", messages=ASKED, extra_body={"guided_regex": "[a-c]{5}"})
    assert len(answer.choices[0].message.content or "") == 5


def test_a_completion_of_several_prompts(client: openai.OpenAI, server: RunningServer) -> None:
    def texts(asked: openai.OpenAI, model: str) -> list[str]:
        answer = asked.completions.create(model=model, prompt=["One", "Two"], n=2, max_tokens=4, temperature=0)
        return [choice.text for choice in answer.choices]

    assert texts(client, "far") == texts(server.client(), "tiny")


@pytest.mark.parametrize("tokens", [0, 3])
def test_log_probabilities_of_given_text(tokens: int, client: openai.OpenAI, server: RunningServer) -> None:
    def ask(asked: openai.OpenAI, model: str) -> tuple[list[Any], list[float]]:
        answer = asked.completions.create(
            model=model, prompt=["One two", "Drei \u00fc"], echo=True, logprobs=2, max_tokens=tokens, temperature=0
        )
        rows: list[Any] = []
        values: list[float] = []
        for choice in answer.choices:
            found = choice.logprobs
            assert found
            rows.append((choice.text, found.tokens, found.text_offset))
            values += [value for value in found.token_logprobs or () if value is not None]
        assert answer.usage
        return [*rows, answer.usage.prompt_tokens], values

    far, near = ask(client, "far"), ask(server.client(), "tiny")
    assert far[0] == near[0]
    assert far[1] == pytest.approx(near[1], abs=0.05)


def test_embeddings(client: openai.OpenAI, server: RunningServer) -> None:
    far = client.embeddings.create(model="far", input=["one", "two"])
    near = server.client().embeddings.create(model="tiny", input=["one", "two"])
    for there, here in zip(far.data, near.data, strict=True):
        assert there.embedding == pytest.approx(here.embedding, abs=1e-3)
    assert far.usage.prompt_tokens == near.usage.prompt_tokens


def test_responses_have_their_state_here(client: openai.OpenAI) -> None:
    first = client.responses.create(model="far", input="My name is Ann.", max_output_tokens=16)
    second = client.responses.create(model="far", input="Hello", previous_response_id=first.id, max_output_tokens=16)
    assert first.usage
    assert second.usage
    assert second.usage.input_tokens > first.usage.input_tokens
    assert client.responses.retrieve(second.id).output_text == second.output_text


def test_a_prompt_that_is_too_long_is_refused_with_both_counts(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="far", messages=[{"role": "user", "content": "word " * 9000}])
    assert refused.value.code == "context_length_exceeded"
    assert "maximum context length is 4096 tokens" in refused.value.message


def test_an_answer_is_continued(client: openai.OpenAI, server: RunningServer) -> None:
    begun: list[ChatCompletionMessageParam] = [*ASKED, {"role": "assistant", "content": "This is"}]
    far = client.chat.completions.create(model="far", messages=begun, temperature=0)
    near = server.client().chat.completions.create(model="tiny", messages=begun, temperature=0)
    assert far.choices[0].message.content == near.choices[0].message.content


def test_the_models_own_system_message_and_parameters(front: Front, server: RunningServer) -> None:
    front.make("brief", f"FROM {server.url}/v1 tiny\nSYSTEM Be brief.\nPARAMETER num_predict 3")
    answer = front.client().chat.completions.create(model="brief", messages=ASKED)
    assert answer.usage
    assert answer.usage.completion_tokens == 3
    assert answer.choices[0].finish_reason == "length"


def test_it_is_listed_shown_copied_and_removed(front: Front, client: openai.OpenAI, server: RunningServer) -> None:
    assert "far:latest" in [model.id for model in client.models.list()]
    shown = front.post("/api/show", model="far").json()
    assert f"FROM {server.url}/v1 tiny\n" in shown["modelfile"]
    assert shown["details"]["format"] == "remote"
    assert shown["servers"] == [{"url": f"{server.url}/v1", "model": "tiny"}]
    assert front.post("/api/copy", source="far", destination="gpt-4").status_code == 200
    client.chat.completions.create(model="gpt-4", messages=ASKED, max_tokens=2)
    with front.http() as http:
        [row] = [row for row in http.get("/api/ps").json()["models"] if row["name"] == "gpt-4:latest"]
        assert row["size"] == 0
        assert row["context_length"] == 4096
        [state] = row["servers"]
        assert (state["kind"], state["up"], state["problem"]) == ("puna", True, None)
        assert http.request("DELETE", "/api/delete", json={"model": "gpt-4"}).status_code == 200
    assert "gpt-4:latest" not in [model.id for model in client.models.list()]


def test_through_the_native_api_and_anthropics(front: Front, client: openai.OpenAI) -> None:
    chat = front.post("/api/chat", model="far", messages=ASKED, stream=False, options={"num_predict": 4}).json()
    assert chat["message"]["content"]
    message = front.post("/v1/messages", model="far", messages=ASKED, max_tokens=4).json()
    assert message["content"][0]["text"]
    counted = front.post("/v1/messages/count_tokens", model="far", messages=ASKED).json()
    usage = message["usage"]
    assert counted["input_tokens"] == usage["input_tokens"] + usage["cache_read_input_tokens"]
