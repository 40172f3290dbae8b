"""Other libraries on the server in the test's own process, unmodified.

`make test-embedded` runs each in an environment of its own, as `tests/clients/libraries.py` says; whichever is not
installed is skipped. Nothing here needs more than pytest, Puna and the library.
"""

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

HI = "Say this is a test"
ANSWER = "This is a test."


class Person(BaseModel):
    name: str
    age: int


def weather_in(city: str) -> str:
    """The weather in a city."""
    return f"snow in {city}"


def test_openai(openai_client: Any, async_openai_client: Any, puna_script: Any) -> None:
    """The package's own helpers: parsing, streaming, tools that run, background responses, conversations."""
    messages = [{"role": "user", "content": HI}]
    puna_script.say('{"name":"Ada","age":36}').say('{"name":"Ada","age":36}')
    parsed = openai_client.chat.completions.parse(model="tiny", messages=messages, response_format=Person)
    assert parsed.choices[0].message.parsed == Person(name="Ada", age=36)
    assert openai_client.responses.parse(model="tiny", input=HI, text_format=Person).output_parsed.age == 36
    with openai_client.chat.completions.stream(model="tiny", messages=messages) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
    assert "".join(deltas) == ANSWER
    with openai_client.responses.stream(model="tiny", input=HI) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
    assert "".join(deltas) == stream.get_final_response().output_text == ANSWER

    async def background() -> str:
        client = async_openai_client
        conversation = await client.conversations.create()
        begun = await client.responses.create(model="tiny", input=HI, background=True, conversation=conversation.id)
        while begun.status in ("queued", "in_progress"):
            begun = await client.responses.retrieve(begun.id)
        items = await client.conversations.items.list(conversation.id)
        assert len(items.data) == 2
        return str(begun.output_text)

    assert asyncio.run(background()) == ANSWER


def test_ollama(puna_server: Any) -> None:
    """The native API's own client, on the port."""
    ollama = pytest.importorskip("ollama")
    client = ollama.Client(puna_server.base_url.removesuffix("/v1/"))
    rows = client.chat("tiny", [{"role": "user", "content": HI}], stream=True)
    assert "".join(row.message.content for row in rows) == ANSWER
    assert len(client.embed("tiny", "a text").embeddings[0]) > 10


def test_openai_agents(puna_server: Any, puna_script: Any) -> None:
    """Tools, structured output and streams, with its `openai_client`, over Responses and over chat."""
    agents = pytest.importorskip("agents")
    agents.set_tracing_disabled(True)
    tool = agents.function_tool(weather_in)
    for kind in (agents.OpenAIResponsesModel, agents.OpenAIChatCompletionsModel):
        model = kind("tiny", puna_server.async_client())
        puna_script.call("weather_in", city="Oslo").say("Cold.").say('{"name":"Ada","age":36}')
        agent = agents.Agent(name="a", model=model, tools=[tool])
        assert agents.Runner.run_sync(agent, "How is it in Oslo?").final_output == "Cold."
        assert "snow in Oslo" in str(puna_server.requests[-1].body)
        typed = agents.Agent(name="a", model=model, output_type=Person)
        assert agents.Runner.run_sync(typed, "Ada is 36.").final_output == Person(name="Ada", age=36)

        async def streamed(agent: Any) -> str:
            result = agents.Runner.run_streamed(agent, HI)
            async for _ in result.stream_events():
                pass
            return str(result.final_output)

        assert asyncio.run(streamed(agents.Agent(name="a", model=model))) == ANSWER


def test_langchain_openai(puna_server: Any, puna_script: Any) -> None:
    """Chat, streams, tools, structured output and embeddings, with its `http_client`."""
    langchain = pytest.importorskip("langchain_openai")
    own = {
        "http_client": puna_server.http_client(),
        "http_async_client": puna_server.async_http_client(),
        "api_key": "none",
    }
    chat = langchain.ChatOpenAI(model="tiny", **own)
    assert chat.invoke(HI).content == ANSWER
    assert "".join(chunk.content for chunk in chat.stream(HI)) == ANSWER
    assert asyncio.run(chat.ainvoke(HI)).content == ANSWER
    puna_script.call("weather_in", city="Oslo").say('{"name":"Ada","age":36}')
    [call] = chat.bind_tools([weather_in]).invoke("How is it in Oslo?").tool_calls
    assert (call["name"], call["args"]) == ("weather_in", {"city": "Oslo"})
    assert chat.with_structured_output(Person).invoke("Ada is 36.") == Person(name="Ada", age=36)
    responses = langchain.ChatOpenAI(model="tiny", use_responses_api=True, **own)
    assert responses.invoke(HI).text == ANSWER
    embeddings = langchain.OpenAIEmbeddings(model="tiny", check_embedding_ctx_length=False, **own)
    assert len(embeddings.embed_query("a text")) > 10


def test_pydantic_ai(puna_server: Any, puna_script: Any) -> None:
    """Tools, structured output and streams, with its `openai_client`, over chat and over Responses."""
    pydantic_ai = pytest.importorskip("pydantic_ai")
    models = pytest.importorskip("pydantic_ai.models.openai")
    providers = pytest.importorskip("pydantic_ai.providers.openai")
    for kind in (models.OpenAIChatModel, models.OpenAIResponsesModel):
        model = kind("tiny", provider=providers.OpenAIProvider(openai_client=puna_server.async_client()))
        assert pydantic_ai.Agent(model).run_sync(HI).output == ANSWER
        puna_script.call("weather_in", city="Oslo").say("Cold.").call("final_result", name="Ada", age=36)
        assert pydantic_ai.Agent(model, tools=[weather_in]).run_sync("How is it in Oslo?").output == "Cold."
        assert pydantic_ai.Agent(model, output_type=Person).run_sync("Ada is 36.").output == Person(
            name="Ada", age=36
        )

        async def streamed(agent: Any) -> str:
            async with agent.run_stream(HI) as result:
                return "".join([piece async for piece in result.stream_text(delta=True)])

        assert asyncio.run(streamed(pydantic_ai.Agent(model))) == ANSWER


def test_instructor(puna_server: Any, puna_script: Any) -> None:
    """Typed answers, tried again where one does not fit, with its `client`."""
    instructor = pytest.importorskip("instructor")
    client = instructor.from_openai(puna_server.client())
    puna_script.call("Person", name="Ada").call("Person", name="Ada", age=36)
    messages = [{"role": "user", "content": "Ada is 36"}]
    person = client.chat.completions.create(model="tiny", messages=messages, response_model=Person)
    assert (person.name, person.age) == ("Ada", 36)
    assert len(puna_server.requests) == 2


def test_llama_index(puna_server: Any, puna_script: Any) -> None:
    """Completions, chat, streams and tools, with its `http_client`; embeddings."""
    like = pytest.importorskip("llama_index.llms.openai_like")
    tools = pytest.importorskip("llama_index.core.tools")
    llm = like.OpenAILike(
        model="tiny",
        api_base="http://localhost/v1",
        api_key="none",
        is_chat_model=True,
        is_function_calling_model=True,
        http_client=puna_server.http_client(),
        async_http_client=puna_server.async_http_client(),
    )
    assert str(llm.complete(HI)) == ANSWER
    assert "".join(chunk.delta for chunk in llm.stream_complete(HI)) == ANSWER
    assert str(asyncio.run(llm.acomplete(HI))) == ANSWER
    puna_script.call("weather_in", city="Oslo")
    tool = tools.FunctionTool.from_defaults(weather_in)
    assert str(llm.predict_and_call([tool], "How is it in Oslo?")) == "snow in Oslo"
