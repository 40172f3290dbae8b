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
EXTRACTS = "remembers"
"""Its prompt for facts has 17,600 tokens of `tiny`."""


def memory(kind):
    vectors = {"provider": "qdrant", "config": {"path": f"{kind}-store", "embedding_model_dims": DIMENSIONS}}
    model, embedder = [{"provider": kind, "config": {"model": name, **PLACES[kind]}} for name in (EXTRACTS, MODEL)]
    return Memory.from_config({"llm": model, "embedder": embedder, "vector_store": vectors})


MEMORIES = [memory(kind) for kind in PLACES]


@use
def search():
    for one in MEMORIES:
        one.add("I like tests.", user_id="ann", infer=False)
        assert one.search("tests", filters={"user_id": "ann"})["results"]


@use
def facts_from_a_conversation():
    for one in MEMORIES:
        said = [{"role": "user", "content": "I like tests."}, {"role": "assistant", "content": "Good."}]
        assert [fact["memory"] for fact in one.add(said, user_id="bob")["results"]] == ["Ann likes tests."]
        found = one.search("What does Ann like?", filters={"user_id": "bob"})["results"]
        assert [fact["memory"] for fact in found] == ["Ann likes tests."]
