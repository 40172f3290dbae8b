"""The pytest plugin, in test runs of its own."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
BARE = [option for name in ("xdist", "schemathesis", "hypothesispytest") for option in ("-p", f"no:{name}")]
"""An application's test run has other plugins than ours; schemathesis alone takes a second to import."""
DOCS = Path(__file__).parents[2] / "docs"

APPLICATION = '''
import openai

def weather(question):
    """An application as people write them: it builds its own client, and runs tools."""
    client = openai.OpenAI(max_retries=0)
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
    messages = [{"role": "user", "content": question}]
    message = client.chat.completions.create(model="gpt-4o", messages=messages, tools=[tool]).choices[0].message
    if not message.tool_calls:
        return message.content
    messages.append(message)
    for call in message.tool_calls:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "12 degrees"})
    return client.chat.completions.create(model="gpt-4o", messages=messages, tools=[tool]).choices[0].message.content
'''


REAL = """
import application

def test_weather(puna_server):
    application.weather("What is the weather in Oslo?")
    first = puna_server.requests[0]
    assert (first.path, first.model) == ("/v1/chat/completions", "gpt-4o")
    assert first.body["tools"][0]["function"]["name"] == "get_weather"

def test_nothing_was_asked_yet(puna_server):
    assert puna_server.requests == []

def test_the_same_each_time(openai_client):
    ask = lambda: openai_client.completions.create(model="whatever", prompt="The", max_tokens=20)
    assert ask().choices[0].text == ask().choices[0].text
"""

SCRIPTED = """
import application, openai, pytest

def test_a_call_and_an_answer(puna_server, puna_script):
    puna_script.call("get_weather", city="Oslo").say("It is 12 degrees in Oslo.")
    assert application.weather("How is it in Oslo?") == "It is 12 degrees in Oslo."
    [_, second] = puna_server.requests
    assert second.messages[-1]["content"] == "12 degrees"

def test_a_stream(openai_client, puna_script):
    puna_script.say("one two three")
    stream = openai_client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "count"}], stream=True)
    assert [c.choices[0].delta.content for c in stream][1:-1] == ["one", " two", " three"]

def test_responses(openai_client, puna_script):
    puna_script.say("scripted").call("lookup", key="a")
    first = openai_client.responses.create(model="gpt-4o", input="hi")
    assert first.output_text == "scripted"
    tools = [{"type": "function", "name": "lookup", "strict": False, "parameters": {"type": "object"}}]
    second = openai_client.responses.create(model="gpt-4o", input="go", tools=tools)
    assert (second.output[0].name, second.output[0].arguments) == ("lookup", '{"key":"a"}')

def test_an_error_and_the_next_request_is_fine(openai_client, puna_script):
    puna_script.error(429, retry_after=1)
    hi = [{"role": "user", "content": "Say this is a test"}]
    with pytest.raises(openai.RateLimitError) as refused:
        openai_client.chat.completions.create(model="tiny", messages=hi)
    assert refused.value.response.headers["retry-after"] == "1"
    answer = openai_client.chat.completions.create(model="tiny", messages=hi)
    assert answer.choices[0].message.content == "This is a test."

@pytest.mark.parametrize("over", ["process", "port"])
def test_a_connection_that_breaks(puna_server, openai_client, puna_script, over):
    client = openai_client if over == "process" else openai.OpenAI(max_retries=0)
    puna_script.break_after(tokens=2).say("one two three four")
    stream = client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "count"}], stream=True)
    seen = []
    with pytest.raises(Exception):
        for chunk in stream:
            seen.append(chunk.choices[0].delta.content)
    assert "".join(seen) == "one two"
    puna_script.say("fine")
    assert client.chat.completions.create(
        model="x", messages=[{"role": "user", "content": "a"}]).choices[0].message.content == "fine"
"""

MARKED = """
import pytest

@pytest.mark.puna(model="not-there")
def test_model(openai_client):
    import openai
    with pytest.raises(openai.NotFoundError, match="not-there"):
        openai_client.completions.create(model="gpt-4o", prompt="x")
"""

ASYNCHRONOUS = """
import asyncio

def test_it(async_openai_client, puna_script):
    puna_script.say("hello")
    asking = async_openai_client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "hi"}])
    assert asyncio.run(asking).choices[0].message.content == "hello"
"""


def outcome(pytester: pytest.Pytester, source: str, *options: str, **counts: int) -> None:
    pytester.makepyfile(application=APPLICATION, test_application=source)
    result = pytester.runpytest_subprocess(*BARE, *options)
    result.assert_outcomes(**counts)


def test_real_and_scripted_answers_and_what_the_documentation_says_to_paste(pytester: pytest.Pytester) -> None:
    """In one run, as in an application's: it has one server."""
    _, *blocks = (DOCS / "testing.md").read_text().split("```python\n")
    first, more, *_ = (block.partition("```")[0] for block in blocks)
    assert len(first.splitlines()) == 10
    pytester.makepyfile(
        application=APPLICATION,
        test_real=REAL,
        test_scripted=SCRIPTED,
        test_marked=MARKED,
        test_asynchronous=ASYNCHRONOUS,
        test_pasted=first + more,
    )
    pytester.runpytest_subprocess(*BARE, "--strict-markers").assert_outcomes(passed=13)


def test_a_run_that_does_not_use_it_imports_nothing(pytester: pytest.Pytester) -> None:
    source = """
        import sys

        def test_nothing():
            assert not {"puna.server", "openai", "starlette", "uvicorn", "puna.testing.harness"} & {*sys.modules}
        """
    outcome(pytester, source, passed=1)


def test_it_can_be_left_out(pytester: pytest.Pytester) -> None:
    outcome(pytester, "def test_it(puna_server): pass", "-p", "no:puna", errors=1)
