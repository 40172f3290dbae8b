"""guidance with a model behind OpenAI's API."""

import guidance
from guidance.models import OpenAI
from pydantic import BaseModel
from uses import ASK, BASE_URL, KEY, MODEL, use


class Person(BaseModel):
    name: str
    age: int


def model():
    return OpenAI(MODEL, base_url=BASE_URL, api_key=KEY, echo=False)


@use
def generate():
    found = model()
    with guidance.user():
        found += ASK
    with guidance.assistant():
        found += guidance.gen("answer", max_tokens=20)
    assert found["answer"]


@use
def structured_output():
    found = model()
    with guidance.user():
        found += ASK
    with guidance.assistant():
        found += guidance.json("person", schema=Person)
    assert Person.model_validate_json(found["person"])
