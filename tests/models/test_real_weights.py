"""Real models of other people, through the `openai` client, streamed and whole: `make test-models`."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real_weights import QWEN_CODER, SMOLLM2
from tests.server import RunningServer, running_server
from tests.stored_models import add_model

FOLDER = os.environ.get("PUNA_REAL_WEIGHTS", "")
MODELS = {"smollm2": SMOLLM2, "coder": QWEN_CODER}
RESULTS = {"get_weather": "It rains, at 12 degrees.", "get_time": "It is 10:15 in the morning."}

pytestmark = pytest.mark.skipif(not FOLDER, reason="PUNA_REAL_WEIGHTS names no folder: run `make test-models`")

Body = dict[str, Any]


def function(name: str, description: str, **properties: Body) -> Body:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


CITY: Body = {"type": "string", "description": "A city, such as Rome."}
TOOLS = [
    function("get_weather", "What the weather is like in a city.", city=CITY),
    function("get_time", "What time it is in a city.", city=CITY),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home = tmp_path_factory.mktemp("real")
    for name, file in MODELS.items():
        if not (Path(FOLDER) / file).exists():
            pytest.skip(f"{file} is not there: `make test-models` fetches it")
        add_model(home / "models", name, Path(FOLDER) / file)
    with running_server(home, PUNA_CONTEXT_LENGTH="2048", PUNA_MODELS=str(home / "models")) as server:
        yield server


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def ask(server: RunningServer, request: pytest.FixtureRequest) -> Any:
    """Asks a model, and gives the only choice."""
    client = server.client().with_options(timeout=280)

    def ask(model: str, messages: list[Body], **options: Any) -> Any:
        body: Body = {"model": model, "messages": messages, "temperature": 0, "max_tokens": 200, **options}
        if not request.param:
            return client.chat.completions.create(**body).choices[0]
        with client.chat.completions.stream(**body) as stream:
            for _ in stream:
                pass
            return stream.get_final_completion().choices[0]

    return ask


def user(text: str) -> Body:
    return {"role": "user", "content": text}


def calls_of(choice: Any) -> list[tuple[str, Any]]:
    return [(call.function.name, json.loads(call.function.arguments)) for call in choice.message.tool_calls or ()]


def test_an_agent_calls_tools_in_three_turns(ask: Any) -> None:
    """This model writes its calls as bare JSON, and repeats them."""
    messages = [user("What are the weather and the time in Paris?")]
    used = set()
    for turn in range(3):
        choice = ask("coder", messages, tools=TOOLS)
        calls = calls_of(choice)
        assert turn or calls, choice.message.content
        assert choice.finish_reason == ("tool_calls" if calls else "stop")
        assert not (calls and choice.message.content)
        assert all(arguments.keys() == {"city"} for _, arguments in calls)
        assert len({json.dumps(call) for call in calls}) == len(calls), "the same call twice"
        used |= {name for name, _ in calls}
        messages.append(choice.message.model_dump(include={"role", "content", "tool_calls"}, exclude_none=True))
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": RESULTS[call.function.name]}
            for call in choice.message.tool_calls or ()
        ]
    assert used == set(RESULTS)
    assert not calls_of(ask("coder", messages, tools=TOOLS, tool_choice="none"))


@pytest.mark.parametrize("model", MODELS)
def test_a_required_call_is_made_and_ends(ask: Any, model: str) -> None:
    choice = ask(model, [user("Hello!")], tools=TOOLS, tool_choice="required")
    assert choice.finish_reason == "tool_calls"
    assert {name for name, _ in calls_of(choice)} <= set(RESULTS)
    assert all(set(arguments) == {"city"} for _, arguments in calls_of(choice))


@pytest.mark.parametrize("model", MODELS)
def test_a_named_call_is_made_once(ask: Any, model: str) -> None:
    named = {"type": "function", "function": {"name": "get_time"}}
    choice = ask(model, [user("How is the weather in Rome?")], tools=TOOLS, tool_choice=named)
    assert [name for name, _ in calls_of(choice)] == ["get_time"]


@pytest.mark.parametrize("model", MODELS)
def test_an_answer_fits_its_schema(ask: Any, model: str) -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 20},
            "age": {"type": "integer", "minimum": 0, "maximum": 120},
            "colours": {"type": "array", "items": {"enum": ["red", "green", "blue"]}, "maxItems": 3},
        },
        "required": ["name", "age", "colours"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema, "strict": True}}
    choice = ask(model, [user("Describe a person named Ada, who likes red.")], response_format=form)
    person = json.loads(choice.message.content)
    assert choice.finish_reason == "stop"
    assert set(person) == set(schema["properties"])  # type: ignore[call-overload]
    assert len(person["name"]) <= 20
    assert 0 <= person["age"] <= 120
    assert len(person["colours"]) <= 3
