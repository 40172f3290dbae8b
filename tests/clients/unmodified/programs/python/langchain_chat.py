"""LangChain's chat models and embeddings, from OpenAI's package or Ollama's."""

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from pydantic import BaseModel
from uses import ANSWER, ASK, BASE_URL, CLIENT, KEY, MODEL, URL, use

if CLIENT == "langchain-openai":
    from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings

    model = ChatOpenAI(model=MODEL, base_url=BASE_URL, api_key=KEY, max_tokens=200)
    vectors = OpenAIEmbeddings(model=MODEL, base_url=BASE_URL, api_key=KEY, check_embedding_ctx_length=False)
    text_model = OpenAI(model=MODEL, base_url=BASE_URL, api_key=KEY, max_tokens=5)
else:
    from langchain_ollama import ChatOllama, OllamaEmbeddings, OllamaLLM

    model = ChatOllama(model=MODEL, base_url=URL, num_predict=200)
    vectors = OllamaEmbeddings(model=MODEL, base_url=URL)
    text_model = OllamaLLM(model=MODEL, base_url=URL, num_predict=5)


class Person(BaseModel):
    """A person."""

    name: str
    age: int


@tool
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


@use
def chat():
    assert model.invoke(ASK).content == ANSWER


@use
def stream():
    assert "".join(chunk.content for chunk in model.stream(ASK)) == ANSWER


@use
async def asynchronous():
    assert (await model.ainvoke(ASK)).content == ANSWER
    assert "".join([chunk.content async for chunk in model.astream(ASK)]) == ANSWER


@use
def batch():
    assert [answer.content for answer in model.batch([ASK, ASK])] == [ANSWER, ANSWER]


@use
def chain():
    prompt = ChatPromptTemplate.from_messages([("system", "You are kind."), ("human", "{text}")])
    assert (prompt | model).invoke({"text": ASK}).content


@use
def structured_output():
    assert isinstance(model.with_structured_output(Person).invoke(ASK), Person)


@use
def structured_output_by_a_function():
    assert isinstance(model.with_structured_output(Person, method="function_calling").invoke(ASK), Person)


@use
def json_mode():
    assert isinstance(model.with_structured_output(None, method="json_mode").invoke(f"{ASK} as JSON"), dict)


@use
def tools():
    bound = model.bind_tools([add])
    messages = [HumanMessage("Add 2 and 3.")]
    answer = bound.invoke(messages)
    [call] = answer.tool_calls
    assert call["name"] == "add"
    messages += [answer, ToolMessage(str(add.invoke(call["args"])), tool_call_id=call["id"])]
    assert bound.invoke(messages).content


@use
def streamed_tools():
    whole = None
    for chunk in model.bind_tools([add], tool_choice="any" if CLIENT == "langchain-openai" else None).stream("Add."):
        whole = chunk if whole is None else whole + chunk
    assert whole.tool_calls[0]["name"] == "add"


@use
def embeddings():
    assert len(vectors.embed_documents(["one", "two"])) == 2
    assert len(vectors.embed_query("one")) > 10


@use
def completions():
    assert text_model.invoke("Once")


if CLIENT == "langchain-openai":

    @use
    def responses_api():
        answers = ChatOpenAI(model=MODEL, base_url=BASE_URL, api_key=KEY, use_responses_api=True)
        assert answers.invoke(ASK).text in (ANSWER, lambda: ANSWER)
        bound = answers.bind_tools([add])
        first = bound.invoke("Add 2 and 3.")
        result = ToolMessage("5", tool_call_id=first.tool_calls[0]["id"])
        assert bound.invoke([HumanMessage("Add 2 and 3."), first, result])
