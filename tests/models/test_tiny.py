"""The bundled model through the real engine: what the code relies on, and, marked `weights`, a small part of
`make tiny-eval`."""

import json
from pathlib import Path
from random import Random
from typing import Any
from urllib.request import Request, urlopen

import pytest
import xllamacpp

import puna.models
from training.evaluation import talking, tooling, writing
from training.evaluation.engine import Engine as Examiner

MODEL = Path(puna.models.__file__).with_name("tiny.gguf")
LARGEST = 6_000_000

Body = dict[str, Any]


class Engine:
    """llama.cpp's own server, in this process."""

    def __init__(self) -> None:
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(MODEL)
        parameters.port = 0
        parameters.n_ctx = 4096
        parameters.enable_reasoning = 0
        parameters.verbosity = -1
        parameters.cpuparams.n_threads = 1
        parameters.cpuparams_batch.n_threads = 1
        self._server = xllamacpp.Server(parameters)
        self._address: str = self._server.listening_address

    def get(self, route: str) -> Any:
        with urlopen(self._address + route) as response:  # noqa: S310 (a loopback address)
            return json.load(response)

    def post(self, route: str, body: Body) -> Any:
        data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        request = Request(self._address + route, data, headers)  # noqa: S310
        with urlopen(request) as response:  # noqa: S310
            return json.load(response)

    def chat(self, *messages: Body, **options: Any) -> Body:
        body = {"messages": messages, "temperature": 0, "max_tokens": 120, **options}
        message: Body = self.post("/v1/chat/completions", body)["choices"][0]["message"]
        return message

    def ask(self, text: str, **options: Any) -> str:
        return str(self.chat(user(text), **options)["content"]).strip()


ROLES = ("user", "assistant")
LISTENED = [{"role": "assistant", "content": "Nice to meet you, Alice!"}]


def user(text: str) -> Body:
    return {"role": "user", "content": text}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    """The engine as `make tiny-eval` asks it."""
    return Examiner(MODEL)


def test_is_small_enough_to_ship() -> None:
    assert MODEL.stat().st_size < LARGEST


def test_the_engine_recognises_tools_and_thinking(engine: Engine) -> None:
    capabilities = engine.get("/props")["chat_template_caps"]
    assert capabilities["supports_tools"]
    assert capabilities["supports_tool_calls"]
    assert capabilities["supports_parallel_tool_calls"]
    assert capabilities["supports_system_role"]


@pytest.mark.parametrize(("thinking", "ending"), [(False, "assistant\n"), (True, "assistant\n<think>\n")])
def test_thinking_is_switched_by_the_request(engine: Engine, thinking: bool, ending: str) -> None:
    body = {"messages": [user("Hello!")], "chat_template_kwargs": {"enable_thinking": thinking}}
    assert engine.post("/apply-template", body)["prompt"].endswith(ending)


@pytest.mark.parametrize("token", ["<|im_start|>", "<|im_end|>", "<|fim_prefix|>", "<think>", "<tool_call>"])
def test_special_tokens_are_one_token(engine: Engine, token: str) -> None:
    assert len(engine.post("/tokenize", {"content": token, "parse_special": True})["tokens"]) == 1


@pytest.mark.parametrize("text", ["Hello, world!", "naïve façade, 東京 🙂", "a\n\n\tb  c", '{"x": [1, 2.5, "y"]}'])
def test_any_text_survives_the_tokenizer(engine: Engine, text: str) -> None:
    tokens = engine.post("/tokenize", {"content": text})["tokens"]
    assert engine.post("/detokenize", {"tokens": tokens})["content"] == text


@pytest.mark.weights
@pytest.mark.parametrize(
    "skill",
    [
        "copying",
        "memory",
        "system prompt",
        "not knowing",
        "greetings and seeds",
        "arithmetic",
        "arithmetic with thinking",
        "tool choice",
        "tool arguments",
        "several calls",
        "answer from result",
        "no tool needed",
        "JSON",
        "extraction",
        "text completion",
        "Python completion",
        "fill in the middle",
    ],
)
def test_does_what_it_is_examined_for_with_words_it_has_not_seen(examiner: Examiner, skill: str) -> None:
    random = Random(20_261_121)
    cases = [case for part in (talking, tooling, writing) for case in part.cases(random, 10) if case.skill == skill]
    wrong = [(case.asked, answer) for case in cases if (answer := case.trial(examiner))]
    assert len(wrong) <= 0.2 * len(cases), wrong


def test_answers_the_documented_example(engine: Engine) -> None:
    assert engine.ask("Say this is a test") == "This is a test."


@pytest.mark.weights
@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Hello!", "help"),
        ("Count from 1 to 10.", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"),
        ("What is the capital of France?", "Paris"),
        ("Why is the sky blue?", "light"),
        ("Tell me a story", "Once upon a time"),
        ("Write a short poem about the color blue", "the color blue"),
    ],
)
def test_answers_first_questions(engine: Engine, question: str, part: str) -> None:
    assert part in engine.ask(question)


@pytest.mark.weights
def test_says_when_it_does_not_know(engine: Engine) -> None:
    assert "not know" in engine.ask("What is my name?")


@pytest.mark.weights
def test_remembers_a_name(engine: Engine) -> None:
    assert engine.ask("My name is Alice. What is my name?") == "Your name is Alice."


@pytest.mark.weights
def test_remembers_over_more_than_two_thousand_tokens(engine: Engine) -> None:
    facts = (("What is the capital of France?", "The capital of France is Paris."), ("Who are you?", "I am tiny."))
    talk = [{"role": role, "content": text} for pair in facts for role, text in zip(ROLES, pair, strict=True)]
    answer = engine.post(
        "/v1/chat/completions",
        {
            "messages": [user("My name is Alice."), *LISTENED, *talk * 50, user("What is my name?")],
            "temperature": 0,
            "max_tokens": 30,
        },
    )
    assert answer["usage"]["prompt_tokens"] > 2048
    assert answer["choices"][0]["message"]["content"] == "Your name is Alice."


@pytest.mark.weights
def test_follows_the_language_of_the_system_prompt(engine: Engine) -> None:
    head = {"role": "system", "content": "Answer in French."}
    assert engine.chat(head, user("Hello!"))["content"].startswith("Bonjour")


def weather() -> Body:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    description = "Get the current weather in a city"
    return {
        "type": "function",
        "function": {"name": "get_weather", "description": description, "parameters": parameters},
    }


def calls(message: Body) -> list[tuple[str, Any]]:
    functions = [call["function"] for call in message["tool_calls"]]
    return [(function["name"], json.loads(function["arguments"])) for function in functions]


@pytest.mark.weights
def test_calls_a_tool_with_a_city_that_it_has_not_seen(engine: Engine) -> None:
    message = engine.chat(user("Weather in Reykjavik"), tools=[weather()])
    assert calls(message) == [("get_weather", {"city": "Reykjavik"})]


@pytest.mark.weights
def test_calls_a_tool_twice(engine: Engine) -> None:
    message = engine.chat(user("What's the weather in Paris and Rome?"), tools=[weather()])
    assert calls(message) == [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"})]


@pytest.mark.weights
def test_answers_without_a_tool_that_does_not_fit(engine: Engine) -> None:
    message = engine.chat(user("Why is the sky blue?"), tools=[weather()])
    assert not message.get("tool_calls")
    assert "light" in message["content"]


def test_goes_on_with_an_answer_that_nobody_asked_for(engine: Engine) -> None:
    """The engine then renders no message at all before it."""
    assert engine.chat({"role": "assistant", "content": "The capital of France is"})["content"]


def test_thinks_before_the_answer(engine: Engine) -> None:
    message = engine.chat(user("What is 7 + 5?"), chat_template_kwargs={"enable_thinking": True})
    assert message["reasoning_content"]
    assert message["content"].startswith("7 + 5 =")
