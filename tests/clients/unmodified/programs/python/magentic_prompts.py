"""magentic: functions that are prompts."""

from magentic import FunctionCall, OpenaiChatModel, StreamedStr, prompt
from pydantic import BaseModel
from uses import ANSWER, ASK, BASE_URL, KEY, MODEL, use

model = OpenaiChatModel(MODEL, base_url=BASE_URL, api_key=KEY, max_tokens=200)


class Person(BaseModel):
    name: str
    age: int


def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


@use
def chat():
    @prompt(ASK, model=model)
    def ask() -> str: ...

    assert ask() == ANSWER


@use
def stream():
    @prompt(ASK, model=model)
    def ask() -> StreamedStr: ...

    assert "".join(ask()) == ANSWER


@use
def structured_output():
    @prompt(ASK, model=model)
    def ask() -> Person: ...

    assert isinstance(ask(), Person)


@use
def tools():
    @prompt("Add 2 and 3.", functions=[add], model=model)
    def ask() -> FunctionCall[int]: ...

    assert isinstance(ask()(), int)
