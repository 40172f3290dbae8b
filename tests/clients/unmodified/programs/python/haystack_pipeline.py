"""Haystack's generators and embedders, on OpenAI's API or Ollama's."""

from haystack import Document, Pipeline
from haystack.components.builders import ChatPromptBuilder
from haystack.dataclasses import ChatMessage
from haystack.tools import create_tool_from_function
from haystack.utils import Secret
from uses import ANSWER, ASK, BASE_URL, CLIENT, KEY, MODEL, URL, use

if CLIENT == "haystack":
    from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
    from haystack.components.generators.chat import OpenAIChatGenerator

    place = {"model": MODEL, "api_base_url": BASE_URL, "api_key": Secret.from_token(KEY)}

    def generator(**fields):
        return OpenAIChatGenerator(**place, generation_kwargs={"max_tokens": 200}, **fields)

    text_embedder, document_embedder = OpenAITextEmbedder(**place), OpenAIDocumentEmbedder(**place)
else:
    from haystack_integrations.components.embedders.ollama import OllamaDocumentEmbedder, OllamaTextEmbedder
    from haystack_integrations.components.generators.ollama import OllamaChatGenerator

    def generator(**fields):
        return OllamaChatGenerator(model=MODEL, url=URL, generation_kwargs={"num_predict": 200}, **fields)

    text_embedder, document_embedder = (
        OllamaTextEmbedder(model=MODEL, url=URL),
        OllamaDocumentEmbedder(model=MODEL, url=URL),
    )


def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


ask = [ChatMessage.from_user(ASK)]


@use
def chat():
    assert generator().run(ask)["replies"][0].text == ANSWER


@use
def stream():
    pieces = []
    generator(streaming_callback=lambda chunk: pieces.append(chunk.content)).run(ask)
    assert "".join(pieces) == ANSWER


@use
def pipeline():
    builder = ChatPromptBuilder([ChatMessage.from_system("Be kind."), ChatMessage.from_user("{{ text }}")])
    pipeline = Pipeline()
    pipeline.add_component("prompt", builder)
    pipeline.add_component("model", generator())
    pipeline.connect("prompt", "model")
    assert pipeline.run({"prompt": {"text": ASK}})["model"]["replies"]


@use
def tools():
    tool = create_tool_from_function(add)
    message = generator(tools=[tool]).run(ask)["replies"][0]
    result = ChatMessage.from_tool("5", origin=message.tool_calls[0])
    assert generator(tools=[tool]).run([*ask, message, result])["replies"][0].text


@use
def embeddings():
    text_embedder.run("one")
    assert len(document_embedder.run([Document(content="one"), Document(content="two")])["documents"]) == 2
