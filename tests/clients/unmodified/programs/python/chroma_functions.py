"""Chroma's embedding functions of OpenAI and Ollama, with a collection."""

import chromadb
from chromadb.utils.embedding_functions import OllamaEmbeddingFunction, OpenAIEmbeddingFunction
from uses import BASE_URL, KEY, MODEL, URL, use


def search(function):
    collection = chromadb.EphemeralClient().create_collection(type(function).__name__, embedding_function=function)
    collection.add(ids=["1", "2"], documents=["one", "two"])
    assert collection.query(query_texts=["one"], n_results=1)["ids"] == [["1"]]


@use
def openai_embeddings():
    search(OpenAIEmbeddingFunction(api_key=KEY, api_base=BASE_URL, model_name=MODEL))


@use
def ollama_embeddings():
    search(OllamaEmbeddingFunction(url=URL, model_name=MODEL))
