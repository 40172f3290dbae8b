"""The `anthropic` package, unmodified. One test, as the package takes more than a second to import: each process that
runs tests would do that."""

from typing import TYPE_CHECKING, Any

import pytest

from puna.core.errors import EngineFailed, QueueFull
from tests.scripted import ScriptedServer
from tests.server import RunningServer

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import MessageParam

SAY: "list[MessageParam]" = [{"role": "user", "content": "Say this is a test."}]


async def test_the_package_does_what_it_does_with_anthropic(server: RunningServer, scripted: ScriptedServer) -> None:
    import anthropic

    client = anthropic.Anthropic(base_url=server.url, api_key="unused", max_retries=0, http_client=server.http())
    says(client)
    streams(client)
    thinks(client)
    calls(client)
    runs_tools(client)
    parses(client)
    counts_and_lists(client)
    await answers_coroutines(server)
    fits_its_types(client)
    raises(scripted)


def says(client: "anthropic.Anthropic") -> None:
    message = client.messages.create(model="tiny", max_tokens=50, messages=SAY)
    assert message.content[0].type == "text"
    assert message.content[0].text == "This is a test."
    assert message.stop_reason == "end_turn"
    again = client.messages.create(
        model="tiny", max_tokens=50, messages=SAY, system=[{"type": "text", "text": "Be kind."}]
    )
    assert again.content
    cached = client.messages.create(model="tiny", max_tokens=50, messages=SAY)
    assert cached.usage.cache_read_input_tokens
    assert cached.usage.input_tokens + cached.usage.cache_read_input_tokens == message.usage.input_tokens + (
        message.usage.cache_read_input_tokens or 0
    )
    stopped = client.messages.create(model="tiny", max_tokens=50, messages=SAY, stop_sequences=["zzz", " test"])
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", " test")
    assert stopped.content[0].type == "text"
    assert stopped.content[0].text == "This is a"
    short = client.messages.create(model="tiny", max_tokens=2, messages=SAY)
    assert short.stop_reason == "max_tokens"
    begun = [*SAY, {"role": "assistant", "content": "This is"}]
    prefilled = client.messages.create(model="tiny", max_tokens=50, messages=begun)  # type: ignore[arg-type]
    assert prefilled.content[0].type == "text"
    assert prefilled.content[0].text == " a test."
    assert prefilled._request_id


def streams(client: "anthropic.Anthropic") -> None:
    with client.messages.stream(model="tiny", max_tokens=50, messages=SAY) as stream:
        assert "".join(stream.text_stream) == "This is a test."
        final = stream.get_final_message()
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens == 6
    assert final.usage.input_tokens + (final.usage.cache_read_input_tokens or 0) == 14
    first, *_, delta, last = client.messages.create(model="tiny", max_tokens=50, messages=SAY, stream=True)
    assert (delta.type, last.type) == ("message_delta", "message_stop")
    assert first.type == "message_start"
    assert delta.type == "message_delta"
    assert first.message.usage.input_tokens == delta.usage.input_tokens
    assert first.message.usage.cache_read_input_tokens == delta.usage.cache_read_input_tokens


def thinks(client: "anthropic.Anthropic") -> None:
    asked: list[MessageParam] = [{"role": "user", "content": "What is the capital of France?"}]
    with client.messages.stream(
        model="tiny", max_tokens=1500, messages=asked, thinking={"type": "enabled", "budget_tokens": 1024}
    ) as stream:
        message = stream.get_final_message()
    thought = message.content[0]
    assert thought.type == "thinking"
    assert thought.thinking
    assert thought.signature
    asked += [message.to_param(), {"role": "user", "content": "And of Italy?"}]
    assert client.messages.create(model="tiny", max_tokens=100, messages=asked).content
    thought.thinking += " Or not?"
    with pytest.raises(Exception, match="signature"):
        client.messages.create(model="tiny", max_tokens=100, messages=asked)


WEATHER: Any = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def calls(client: "anthropic.Anthropic") -> None:
    asked: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
    named: Any = {"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True}
    choices: list[Any] = [{"type": "any"}, named]
    for choice in choices:
        with client.messages.stream(
            model="tiny",
            max_tokens=100,
            messages=asked,
            tools=[WEATHER],
            tool_choice=choice,
        ) as stream:
            message = stream.get_final_message()
        [call] = [block for block in message.content if block.type == "tool_use"]
        assert message.stop_reason == "tool_use"
        assert (call.name, set(call.input)) == ("get_weather", {"city"})
    asked += [
        {"role": "assistant", "content": message.content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "Sunny."}]},
    ]
    told = client.messages.create(
        model="tiny",
        max_tokens=100,
        messages=asked,
        tools=[WEATHER],
        tool_choice={"type": "none"},
    )
    assert [block.type for block in told.content] == ["text"]


def runs_tools(client: "anthropic.Anthropic") -> None:
    import anthropic

    asked: list[str] = []

    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        asked.append(city)
        return "Sunny."

    runner = client.beta.messages.tool_runner(
        model="tiny",
        max_tokens=200,
        tools=[get_weather],
        messages=[{"role": "user", "content": "What is the weather in Paris? Use the tool."}],
    )
    final = runner.until_done()
    assert asked == ["Paris"]
    assert final.stop_reason == "end_turn"


def parses(client: "anthropic.Anthropic") -> None:
    import pydantic

    class City(pydantic.BaseModel):
        name: str
        people: int

    asked: list[Any] = [{"role": "user", "content": "Name a city."}]
    message = client.messages.parse(model="tiny", max_tokens=100, messages=asked, output_format=City)
    assert isinstance(message.parsed_output, City)
    asked += [{"role": "assistant", "content": message.content}, {"role": "user", "content": "Another one."}]
    assert client.messages.parse(model="tiny", max_tokens=100, messages=asked, output_format=City).parsed_output


def counts_and_lists(client: "anthropic.Anthropic") -> None:
    bare = client.messages.count_tokens(model="tiny", messages=SAY).input_tokens
    assert bare == 14
    assert client.messages.count_tokens(model="tiny", messages=SAY, tools=[WEATHER]).input_tokens > bare
    assert "tiny:latest" in [model.id for model in client.models.list(limit=1)]
    tiny = client.models.retrieve("tiny")
    assert (tiny.id, tiny.max_input_tokens) == ("tiny", 4096)
    assert tiny.capabilities
    assert tiny.capabilities.thinking.supported
    assert not tiny.capabilities.image_input.supported


async def answers_coroutines(server: RunningServer) -> None:
    import anthropic

    async with anthropic.AsyncAnthropic(base_url=server.url, auth_token="unused", max_retries=0) as client:
        message = await client.messages.create(model="tiny", max_tokens=50, messages=SAY)
        assert message.content[0].type == "text"
        async with client.messages.stream(model="tiny", max_tokens=50, messages=SAY) as stream:
            assert "".join([text async for text in stream.text_stream]) == message.content[0].text


def fits_its_types(client: "anthropic.Anthropic") -> None:
    """Nothing is of another type than the package's, or has a field that the package does not know."""
    from anthropic.types import Message, RawMessageStreamEvent
    from pydantic import TypeAdapter

    asked: dict[str, Any] = {
        "model": "tiny",
        "max_tokens": 200,
        "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
        "tools": [WEATHER],
        "thinking": {"type": "adaptive"},
    }
    answer = client.messages.with_raw_response.create(**asked)
    known(Message.model_validate(answer.http_response.json(), strict=True))
    events: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
    with client.messages.with_streaming_response.create(**asked, stream=True) as raw:
        lines = [line.removeprefix("data: ") for line in raw.iter_lines() if line.startswith("data: ")]
    for line in lines:
        if "ping" not in line:
            known(events.validate_json(line, strict=True))
    assert len(lines) > 5


def known(model: Any) -> None:
    """No part of it has a field that its class lacks."""
    assert not model.model_extra, model.model_extra
    for name in type(model).model_fields:
        value = getattr(model, name)
        for one in value if isinstance(value, list) else [value]:
            if hasattr(one, "model_extra"):
                known(one)


def raises(scripted: ScriptedServer) -> None:
    import anthropic

    client = anthropic.Anthropic(base_url=scripted.url, api_key="unused", max_retries=0, http_client=scripted.http())

    def ask(model: str = "plain", max_tokens: int = 9) -> Any:
        return client.messages.create(model=model, max_tokens=max_tokens, messages=SAY)

    with pytest.raises(anthropic.NotFoundError) as missing:
        ask(model="nope")
    assert missing.value.type == "not_found_error"
    with pytest.raises(anthropic.BadRequestError) as wrong:
        ask(max_tokens=-1)
    assert wrong.value.type == "invalid_request_error"
    assert wrong.value.request_id
    scripted.script.answer(QueueFull(3))
    with pytest.raises(anthropic.InternalServerError) as busy:
        ask()
    assert (busy.value.status_code, busy.value.type) == (529, "overloaded_error")
    scripted.script.answer(EngineFailed("It broke."))
    with pytest.raises(anthropic.InternalServerError) as broken:
        ask()
    assert broken.value.type == "api_error"
    with pytest.raises(anthropic.NotFoundError, match="batches are not supported"):
        client.messages.batches.list()
