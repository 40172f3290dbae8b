"""LlamaIndex: a model and embeddings, from OpenAI-like servers or Ollama's."""

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel
from uses import ANSWER, ASK, BASE_URL, CLIENT, KEY, MODEL, URL, use

if CLIENT == "llama-index-ollama":
    from llama_index.embeddings.ollama import OllamaEmbedding
    from llama_index.llms.ollama import Ollama

    model = Ollama(model=MODEL, base_url=URL, request_timeout=120)
    vectors = OllamaEmbedding(model_name=MODEL, base_url=URL)
else:
    from llama_index.embeddings.openai_like import OpenAILikeEmbedding
    from llama_index.llms.openai_like import OpenAILike

    model = OpenAILike(
        model=MODEL,
        api_base=BASE_URL,
        api_key=KEY,
        is_chat_model=True,
        is_function_calling_model=True,
        max_tokens=200,
    )
    vectors = OpenAILikeEmbedding(model_name=MODEL, api_base=BASE_URL, api_key=KEY)


class Person(BaseModel):
    """A person."""

    name: str
    age: int


def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


messages = [ChatMessage(role="user", content=ASK)]


@use
def chat():
    assert model.chat(messages).message.content == ANSWER


@use
def complete():
    assert model.complete(ASK).text


@use
def stream():
    assert [*model.stream_chat(messages)][-1].message.content == ANSWER


@use
async def asynchronous():
    assert (await model.achat(messages)).message.content == ANSWER


@use
def tools():
    answer = model.chat_with_tools([FunctionTool.from_defaults(add)], user_msg="Add 2 and 3.")
    assert model.get_tool_calls_from_response(answer)[0].tool_name == "add"


@use
def structured_output():
    assert isinstance(model.as_structured_llm(Person).chat(messages).raw, Person)


@use
async def agent():
    from llama_index.core.agent.workflow import FunctionAgent

    assert str(await FunctionAgent(tools=[add], llm=model, system_prompt="You add.").run("Add 2 and 3."))


@use
def embeddings():
    assert len(vectors.get_text_embedding_batch(["one", "two"])) == 2
