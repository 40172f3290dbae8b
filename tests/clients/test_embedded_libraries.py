"""Other libraries on the server in this process, unmodified; `make test-embedded` installs them."""

import asyncio
from typing import Any

import pytest

HI = "Say this is a test"


def test_agents_sdk(puna_server: Any, puna_script: Any) -> None:
    agents = pytest.importorskip("agents")
    agents.set_tracing_disabled(True)
    puna_script.call("get_weather", city="Oslo").say("Cold.")

    @agents.function_tool  # type: ignore[untyped-decorator]
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"snow in {city}"

    model = agents.OpenAIResponsesModel("tiny", puna_server.async_client())
    agent = agents.Agent(name="a", model=model, tools=[get_weather])
    assert agents.Runner.run_sync(agent, "How is it in Oslo?").final_output == "Cold."
    assert "snow in Oslo" in str(puna_server.requests[-1].body)


def test_langchain(puna_server: Any) -> None:
    langchain = pytest.importorskip("langchain_openai")
    client = puna_server.client()
    chat = langchain.ChatOpenAI(model="tiny", client=client.chat.completions, api_key="x")
    assert chat.invoke(HI).content == "This is a test."
    assert "".join(chunk.content for chunk in chat.stream(HI)) == "This is a test."


def test_pydantic_ai(puna_server: Any, puna_script: Any) -> None:
    pydantic_ai = pytest.importorskip("pydantic_ai")
    models = pytest.importorskip("pydantic_ai.models.openai")
    providers = pytest.importorskip("pydantic_ai.providers.openai")
    provider = providers.OpenAIProvider(openai_client=puna_server.async_client())
    agent = pydantic_ai.Agent(models.OpenAIChatModel("tiny", provider=provider))
    assert agent.run_sync(HI).output == "This is a test."


def test_instructor(puna_server: Any, puna_script: Any) -> None:
    instructor = pytest.importorskip("instructor")
    from pydantic import BaseModel

    class Person(BaseModel):
        name: str
        age: int

    puna_script.call("Person", name="Ada", age=36)
    client = instructor.from_openai(puna_server.client())
    person = client.chat.completions.create(
        model="tiny", messages=[{"role": "user", "content": "Ada is 36"}], response_model=Person
    )
    assert person == Person(name="Ada", age=36)


def test_llama_index(puna_server: Any) -> None:
    like = pytest.importorskip("llama_index.llms.openai_like")
    llm = like.OpenAILike(model="tiny", api_base=puna_server.base_url, api_key="x", is_chat_model=True)
    assert str(llm.complete(HI)) == "This is a test."


def test_parsing_and_streaming_helpers_of_the_openai_package(openai_client: Any, puna_script: Any) -> None:
    from pydantic import BaseModel

    class Sum(BaseModel):
        answer: int

    puna_script.say('{"answer":5}').say("one two")
    messages = [{"role": "user", "content": "2 + 3"}]
    parsed = openai_client.chat.completions.parse(model="tiny", messages=messages, response_format=Sum)
    assert parsed.choices[0].message.parsed == Sum(answer=5)
    with openai_client.chat.completions.stream(model="tiny", messages=messages) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
    assert "".join(deltas) == "one two"


def test_background_and_conversations(async_openai_client: Any) -> None:
    async def run() -> str:
        client = async_openai_client
        conversation = await client.conversations.create()
        begun = await client.responses.create(model="tiny", input=HI, background=True, conversation=conversation.id)
        while begun.status in ("queued", "in_progress"):
            begun = await client.responses.retrieve(begun.id)
        items = await client.conversations.items.list(conversation.id)
        assert len(items.data) == 2
        return str(begun.output_text)

    assert asyncio.run(run()) == "This is a test."
