"""Outlines with a model behind OpenAI's API, as OpenAI's, as vLLM's, and as Ollama's."""

from typing import Literal

import openai
import outlines
from pydantic import BaseModel
from uses import ANSWER, ASK, BASE_URL, KEY, MODEL, use


class Person(BaseModel):
    name: str
    age: int


client = openai.OpenAI(base_url=BASE_URL, api_key=KEY)
model = outlines.from_openai(client, MODEL)
vllm = outlines.from_vllm(client, MODEL)


@use
def chat():
    assert model(ASK) == ANSWER
    assert vllm(ASK) == ANSWER


@use
def stream():
    assert "".join(model.stream(ASK)) == ANSWER


@use
def structured_output():
    for one in (model, vllm):
        assert Person.model_validate_json(one(ASK, Person, max_tokens=200))


@use
def choice():
    assert vllm(ASK, Literal["yes", "no"]) in ("yes", "no")


@use
def regex():
    assert len(vllm(ASK, outlines.regex("[0-9]{3}"))) == 3


@use
def grammar():
    assert vllm(ASK, outlines.cfg('start: "a" | "b"')) in ("a", "b")
