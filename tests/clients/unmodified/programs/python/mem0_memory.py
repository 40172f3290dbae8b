"""mem0: a memory whose model and embeddings are Ollama's or OpenAI's."""

import os

os.environ["MEM0_TELEMETRY"] = "False"
from mem0 import Memory
from uses import BASE_URL, KEY, MODEL, URL, use


def width():
    import openai

    return len(openai.OpenAI().embeddings.create(model=MODEL, input="x").data[0].embedding)


PLACES = {
    "openai": {"openai_base_url": BASE_URL, "api_key": KEY},
    "ollama": {"ollama_base_url": URL},
}
DIMENSIONS = width()


def memory(kind):
    vectors = {"provider": "qdrant", "config": {"path": f"{kind}-store", "embedding_model_dims": DIMENSIONS}}
    part = {"provider": kind, "config": {"model": MODEL, **PLACES[kind]}}
    return Memory.from_config({"llm": part, "embedder": part, "vector_store": vectors})


MEMORIES = [memory(kind) for kind in PLACES]


@use
def search():
    for one in MEMORIES:
        one.add("I like tests.", user_id="ann", infer=False)
        assert one.search("tests", filters={"user_id": "ann"})["results"]


@use
def facts_from_a_conversation():
    for one in MEMORIES:
        one.add([{"role": "user", "content": "I like tests."}], user_id="ann")
