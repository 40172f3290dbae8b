"""What a script says looks as a real answer does, in every API, streamed or not."""

import json
from typing import Any

import httpx
import ollama
import openai
import pytest
from pydantic import BaseModel, ValidationError

from puna.testing.harness import Harness
from puna.testing.script import Script

HI: Any = [{"role": "user", "content": "hi"}]
NO = "I won't do that."
TOOL: Any = {
    "type": "function",
    "name": "lookup",
    "strict": False,
    "parameters": {"type": "object", "properties": {"key": {"type": "string"}}},
}
CHAT_TOOL: Any = {"type": "function", "function": {"name": "lookup", "parameters": TOOL["parameters"]}}
BROKEN = (openai.APIConnectionError, httpx.HTTPError, OSError)


class Sum(BaseModel):
    answer: int


@pytest.fixture
def native(puna_server: Harness) -> Any:
    return ollama.Client(puna_server.base_url.removesuffix("/v1/"))


def test_a_chat_that_is_refused(openai_client: openai.OpenAI, puna_script: Script) -> None:
    puna_script.refuse(NO)
    [choice] = openai_client.chat.completions.create(model="gpt-4o", messages=HI).choices
    assert (choice.message.content, choice.message.refusal, choice.finish_reason) == (None, NO, "stop")


def test_a_refused_chat_streams_its_refusal(openai_client: openai.OpenAI, puna_script: Script) -> None:
    puna_script.refuse(NO)
    with openai_client.chat.completions.stream(model="gpt-4o", messages=HI) as stream:
        events = list(stream)
    assert "".join(event.delta for event in events if event.type == "refusal.delta") == NO
    assert [event.refusal for event in events if event.type == "refusal.done"] == [NO]
    message = stream.get_final_completion().choices[0].message
    assert (message.content, message.refusal) == (None, NO)


def test_a_refusal_needs_to_fit_no_schema(openai_client: Any, puna_script: Script) -> None:
    puna_script.refuse(NO).refuse(NO)
    parsed = openai_client.chat.completions.parse(model="x", messages=HI, response_format=Sum)
    message = parsed.choices[0].message
    assert (message.parsed, message.refusal) == (None, NO)
    response = openai_client.responses.parse(model="x", input="hi", text_format=Sum)
    assert response.output_parsed is None
    [part] = response.output[0].content
    assert (part.type, getattr(part, "refusal", None)) == ("refusal", NO)


def test_a_refused_response_has_openais_events(openai_client: Any, puna_script: Script) -> None:
    puna_script.refuse("No way.").say("Well then.")
    with openai_client.responses.stream(model="x", input="hi") as stream:
        events = list(stream)
    assert [event.type.removeprefix("response.") for event in events] == [
        *("created", "in_progress", "output_item.added", "content_part.added"),
        *("refusal.delta", "refusal.delta", "refusal.done", "content_part.done", "output_item.done", "completed"),
    ]
    first = stream.get_final_response()
    assert first.output[0].content[0].refusal == "No way."
    again = openai_client.responses.create(model="x", input="please", previous_response_id=first.id)
    assert again.output_text == "Well then."


@pytest.mark.parametrize("stream", [True, False])
def test_where_an_api_has_no_refusals_it_is_the_text(
    native: Any, openai_client: Any, puna_script: Script, stream: bool
) -> None:
    puna_script.refuse(NO).refuse(NO).refuse(NO)
    completed = openai_client.completions.create(model="x", prompt="hi", stream=stream)
    pieces = list(completed) if stream else [completed]
    assert "".join(piece.choices[0].text for piece in pieces) == NO
    chatted = native.chat("x", HI, stream=stream)
    assert "".join(row.message.content for row in (chatted if stream else [chatted])) == NO
    generated = native.generate("x", "hi", stream=stream)
    assert "".join(row.response for row in (generated if stream else [generated])) == NO


@pytest.mark.parametrize("stream", [True, False])
def test_texts_thoughts_and_calls_in_every_api(
    native: Any, openai_client: Any, puna_script: Script, stream: bool
) -> None:
    puna_script.say("one two", reasoning="Let me count.").say("three four").say("five").call("lookup", key="a b")
    with openai_client.chat.completions.stream(model="x", messages=HI) as chat:
        chat.until_done()
    message = chat.get_final_completion().choices[0].message
    assert (message.content, getattr(message, "reasoning", None)) == ("one two", "Let me count.")
    completed = openai_client.completions.create(model="x", prompt="hi", stream=stream)
    pieces = list(completed) if stream else [completed]
    assert "".join(piece.choices[0].text for piece in pieces) == "three four"
    generated = native.generate("x", "hi", stream=stream)
    assert "".join(row.response for row in (generated if stream else [generated])) == "five"
    called = native.chat("x", HI, tools=[CHAT_TOOL], stream=stream)
    rows: Any = called if stream else [called]
    [call] = [call for row in rows for call in row.message.tool_calls or ()]
    assert (call.function.name, call.function.arguments) == ("lookup", {"key": "a b"})


def test_several_calls_come_in_pieces(openai_client: openai.OpenAI, puna_script: Script) -> None:
    puna_script.calls(("lookup", {"key": "a"}), ("lookup", {"key": "ü"})).call("lookup", key="b")
    with openai_client.chat.completions.stream(model="x", messages=HI, tools=[CHAT_TOOL]) as chat:
        deltas = [event for event in chat if event.type == "tool_calls.function.arguments.delta"]
    calls = chat.get_final_completion().choices[0].message.tool_calls or []
    assert [json.loads(call.function.arguments)["key"] for call in calls] == ["a", "ü"]
    assert len(deltas) > len(calls)
    with openai_client.responses.stream(model="x", input="hi", tools=[TOOL]) as response:
        kinds = [event.type for event in response]
    assert kinds.count("response.function_call_arguments.delta") > 1
    assert getattr(response.get_final_response().output[0], "arguments", "") == '{"key":"b"}'


def test_an_answer_that_was_cut_off(openai_client: openai.OpenAI, puna_script: Script) -> None:
    puna_script.say('{"answer": ', finish_reason="length").say("so far", finish_reason="length")
    with pytest.raises(openai.LengthFinishReasonError):
        openai_client.chat.completions.parse(model="x", messages=HI, response_format=Sum)
    response = openai_client.responses.create(model="x", input="hi")
    assert (response.status, response.output_text) == ("incomplete", "so far")


@pytest.mark.parametrize("stream", [True, False])
def test_an_error_is_said_as_the_api_says_errors(
    native: Any, openai_client: openai.OpenAI, puna_script: Script, stream: bool
) -> None:
    ways: list[Any] = [
        lambda: openai_client.chat.completions.create(model="x", messages=HI, stream=stream),
        lambda: openai_client.completions.create(model="x", prompt="hi", stream=stream),
        lambda: openai_client.responses.create(model="x", input="hi", stream=stream),
        lambda: openai_client.embeddings.create(model="x", input="hi"),
    ]
    for ask in ways:
        puna_script.error(429, retry_after=1.5, message="Too many.")
        with pytest.raises(openai.RateLimitError) as refused:
            ask()
        assert refused.value.response.headers["retry-after"] == "1.5"
        assert refused.value.request_id
        body = {"message": "Too many.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
        assert refused.value.body == body
    puna_script.error(503)
    with pytest.raises(ollama.ResponseError, match="script answers 503") as failed:
        list(native.chat("x", HI, stream=True)) if stream else native.chat("x", HI)
    assert failed.value.status_code == 503


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (500, openai.InternalServerError),
        (529, openai.InternalServerError),
    ],
)
def test_any_status(openai_client: openai.OpenAI, puna_script: Script, status: int, kind: Any) -> None:
    puna_script.error(status)
    with pytest.raises(kind) as refused:
        openai_client.responses.create(model="x", input="hi")
    assert refused.value.status_code == status
    assert "retry-after" not in refused.value.response.headers


def test_a_status_that_is_no_error_is_refused_at_once(puna_script: Script) -> None:
    with pytest.raises(ValueError, match="from 400 to 599, not 200"):
        puna_script.error(200)


def said(stream: Any) -> str:
    """What comes of a stream before it breaks."""
    seen = ""
    try:
        for event in stream:
            seen += getattr(event, "delta", "") if hasattr(event, "type") else ""
            for choice in getattr(event, "choices", None) or ():
                seen += choice.text if hasattr(choice, "text") else choice.delta.content or ""
            seen += getattr(event, "response", "") if hasattr(event, "done") else ""
    except BROKEN:
        return seen
    pytest.fail(f"the stream came to its end: {seen}")


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("over", ["process", "port"])
def test_a_stream_that_breaks_does_so_after_that_many_tokens(
    puna_server: Harness, native: Any, puna_script: Script, over: str, own: bool
) -> None:
    client = puna_server.client() if over == "process" else openai.OpenAI(max_retries=0)
    ask: Any = [{"role": "user", "content": "Say this is a test"}]

    def broken() -> None:
        puna_script.break_after(tokens=2)
        if not own:
            puna_script.say("This is a lie")

    for_text = "Say this is a test"
    broken()
    assert said(client.chat.completions.create(model="x", messages=ask, stream=True)) == "This is"
    broken()
    assert said(client.responses.create(model="x", input=for_text, stream=True)) == "This is"
    broken()
    assert len(said(client.completions.create(model="x", prompt=for_text, stream=True))) > 1
    broken()
    assert said(native.generate("x", for_text, stream=True)) == "This is"
    puna_script.say("fine")
    assert client.chat.completions.create(model="x", messages=ask).choices[0].message.content == "fine"


def test_an_answer_that_is_not_streamed_never_comes(openai_client: openai.OpenAI, puna_script: Script) -> None:
    puna_script.break_after(tokens=2).say("one two three").break_after(tokens=0)
    with pytest.raises(openai.APIConnectionError):
        openai_client.chat.completions.create(model="x", messages=HI)
    puna_script.say("never heard")
    assert said(openai_client.chat.completions.create(model="x", messages=HI, stream=True)) == ""


def test_requests_at_once_get_each_their_own_answer(puna_server: Harness, puna_script: Script) -> None:
    import asyncio

    async def ask(client: openai.AsyncOpenAI) -> str | None:
        return (await client.chat.completions.create(model="x", messages=HI)).choices[0].message.content

    async def both() -> list[str | None]:
        async with puna_server.async_client() as client:
            return list(await asyncio.gather(ask(client), ask(client)))

    puna_script.delay(0.05).say("one").say("two")
    assert sorted(asyncio.run(both()), key=str) == ["one", "two"]


def test_what_does_not_fit_a_schema_is_said_all_the_same(openai_client: Any, puna_script: Script) -> None:
    puna_script.say('{"answer":"five"}').call("lookup", key=1)
    with pytest.raises(ValidationError, match="valid integer"):
        openai_client.chat.completions.parse(model="x", messages=HI, response_format=Sum)
    forced = {"type": "function", "function": {"name": "lookup"}}
    answer = openai_client.chat.completions.create(model="x", messages=HI, tools=[CHAT_TOOL], tool_choice=forced)
    assert answer.choices[0].message.tool_calls[0].function.arguments == '{"key":1}'


def test_settings_that_are_null_are_not_given(puna_server: Harness, openai_client: openai.OpenAI) -> None:
    def ask() -> str:
        options = {"temperature": None, "seed": None}
        return (
            openai_client.completions.create(model="x", prompt="The", max_tokens=12, extra_body=options)
            .choices[0]
            .text
        )

    assert ask() == ask()
