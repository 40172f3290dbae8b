"""Tests of the application, offline: most meet a real model, some script what it says."""

import json
from typing import Any

import openai
import pytest

from examples.assistant.assistant import Contact, answer, extract, nearest


def test_the_agent_calls_the_tool_that_fits(puna_server: Any) -> None:
    answer("What is the weather in Oslo?")
    results = [message for message in puna_server.requests[-1].messages if message["role"] == "tool"]
    assert [message["content"] for message in results] == ["-3 degrees, snow"]


def test_two_tools_in_turn(puna_script: Any, puna_server: Any) -> None:
    puna_script.call("add", a=2, b=3).call("get_weather", city="Rome").say("5, and sun in Rome.")
    assert answer("Add 2 and 3, then tell me the weather in Rome") == "5, and sun in Rome."
    results = [message["content"] for message in puna_server.requests[-1].messages if message["role"] == "tool"]
    assert results == ["5", "24 degrees, sun"]


def test_an_agent_that_never_ends_is_stopped(puna_script: Any) -> None:
    for _ in range(4):
        puna_script.call("add", a=1, b=1)
    assert answer("Go on for ever") == "I gave up."


def test_what_is_extracted_keeps_to_the_schema(puna_server: Any) -> None:
    assert isinstance(extract("My name is Ada and I live in London."), Contact)
    assert puna_server.requests[0].body["response_format"]["json_schema"]["name"] == "Contact"


def test_a_scripted_extraction(puna_script: Any) -> None:
    puna_script.say(json.dumps({"name": "Ada", "city": "London"}))
    assert extract("whatever") == Contact(name="Ada", city="London")


def test_a_text_is_most_like_itself(puna_server: Any) -> None:
    documents = ["The train leaves at nine.", "Bread needs flour and water.", "Oslo is cold in winter."]
    for document in documents:
        assert nearest(document, documents) == document


def test_the_application_is_told_when_it_asks_too_often(puna_script: Any) -> None:
    for _ in range(3):  # the client tries three times
        puna_script.error(429, retry_after=0.01)
    with pytest.raises(openai.RateLimitError):
        answer("What is the weather in Oslo?")
