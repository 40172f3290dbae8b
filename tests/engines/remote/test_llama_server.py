"""llama-server, inside xllamacpp, as the server of a model."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from puna.engines.llama.engine import GeneratingEngine
from puna.models import TINY
from tests.engines.remote.front import Front
from tests.stored_models import micro_launch

ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Say this is a test"}]


@pytest.fixture(scope="module")
def client(front: Front) -> Iterator[openai.OpenAI]:
    """A client of a model that a llama-server with `tiny` answers for."""
    loop = asyncio.new_event_loop()
    engine = loop.run_until_complete(micro_launch(Path(TINY)).start())
    assert isinstance(engine, GeneratingEngine)
    key = front.home / "llama.key"
    key.write_text(engine.process.key)
    front.make("llama", f"FROM {engine.process.address}/v1 anything\nKEY file:{key}")
    yield front.client()
    loop.run_until_complete(engine.close())
    loop.close()


def test_a_chat(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="llama", messages=ASKED, temperature=0)
    assert answer.choices[0].message.content == "This is a test."
    assert answer.usage
    assert answer.usage.completion_tokens


def test_choices_log_probabilities_and_its_own_sampling(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="llama",
        messages=ASKED,
        n=2,
        logprobs=True,
        top_logprobs=3,
        max_tokens=3,
        reasoning_effort="none",
        extra_body={"top_k": 5},
    )
    assert answer.usage
    assert answer.usage.completion_tokens == 6
    assert len(answer.choices) == 2
    found = answer.choices[1].logprobs
    assert found
    assert found.content
    assert [len(token.top_logprobs) for token in found.content] == [3, 3, 3]


def test_a_schema_is_checked_here(client: openai.OpenAI) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    answer = client.chat.completions.create(model="llama", messages=ASKED, response_format=form)  # type: ignore[call-overload]
    assert "".join(answer.choices[0].message.content.split()) in ('{"a":true}', '{"a":false}')


def test_an_answer_is_continued_without_its_beginning(client: openai.OpenAI) -> None:
    begun: list[ChatCompletionMessageParam] = [*ASKED, {"role": "assistant", "content": "This is"}]
    answer = client.chat.completions.create(model="llama", messages=begun, temperature=0)
    assert answer.choices[0].message.content == " a test."


def test_a_completion_with_log_probabilities(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="llama", prompt="One two", max_tokens=3, logprobs=1, temperature=0)
    found = answer.choices[0].logprobs
    assert found
    assert found.tokens
    assert len(found.tokens) == 3


def test_prompts_are_counted_and_too_long_ones_refused(client: openai.OpenAI) -> None:
    counted = client.responses.input_tokens.count(model="llama", input="Say this is a test")
    answer = client.chat.completions.create(model="llama", messages=ASKED, max_tokens=1)
    assert answer.usage
    assert counted.input_tokens == answer.usage.prompt_tokens
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="llama", messages=[{"role": "user", "content": "word " * 9000}])
    assert refused.value.code == "context_length_exceeded"
    assert "2048" in refused.value.message


def test_what_it_does_not_obey_is_refused_by_name(client: openai.OpenAI) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="llama", messages=ASKED, tools=[tool], tool_choice="required")  # type: ignore[call-overload]
    assert refused.value.param == "tool_choice"
