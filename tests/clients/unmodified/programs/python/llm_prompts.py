"""The `llm` package: models of OpenAI's kind that a file names, or those of its plug-in for Ollama."""

import os
from pathlib import Path

os.environ["LLM_USER_PATH"] = str(Path.cwd())
import llm
from uses import ANSWER, ASK, BASE_URL, CLIENT, MODEL, use

if CLIENT == "llm":
    Path("extra-openai-models.yaml").write_text(
        f"- model_id: local\n  model_name: {MODEL}\n  api_base: {BASE_URL}\n"
        "  supports_tools: true\n  supports_schema: true\n"
    )
    name = "local"
else:
    name = f"ollama/{MODEL}:latest"


def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


@use
def chat():
    assert llm.get_model(name).prompt(ASK, stream=False).text() == ANSWER


@use
def stream():
    assert "".join(llm.get_model(name).prompt(ASK)) == ANSWER


@use
def conversation():
    conversation = llm.get_model(name).conversation()
    conversation.prompt(ASK).text()
    assert conversation.prompt(ASK).text()


@use
def structured_output():
    assert llm.get_model(name).prompt(ASK, schema=llm.schema_dsl("name, age int")).text().startswith("{")


@use
def tools():
    assert llm.get_model(name).chain("Add 2 and 3.", tools=[add]).text()


@use
async def asynchronous():
    assert await llm.get_async_model(name).prompt(ASK).text() == ANSWER
