"""mem0: a memory whose model and embeddings are Ollama's or OpenAI's."""

import os

os.environ["MEM0_TELEMETRY"] = "False"
from mem0 import Memory
from uses import BASE_URL, KEY, MODEL, URL, use


def remember(kind, place):
    vectors = {"provider": "qdrant", "config": {"path": f"{kind}-store", "embedding_model_dims": DIMENSIONS}}
    part = {"provider": kind, "config": {"model": MODEL, **place}}
    memory = Memory.from_config({"llm": part, "embedder": part, "vector_store": vectors})
    memory.add("I like tests.", user_id="ann", infer=False)
    assert memory.search("tests", filters={"user_id": "ann"})["results"]
    memory.add([{"role": "user", "content": "I like tests."}], user_id="ann")


def width():
    import openai

    return len(openai.OpenAI().embeddings.create(model=MODEL, input="x").data[0].embedding)


DIMENSIONS = width()


@use
def openai_memory():
    remember("openai", {"openai_base_url": BASE_URL, "api_key": KEY})


@use
def ollama_memory():
    remember("ollama", {"ollama_base_url": URL})
