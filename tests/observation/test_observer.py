"""What is seen of a request from outside: its id, its line in the access log, its part in the metrics."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

from puna.core.errors import EngineLost
from puna.core.events import Usage
from tests.observation.conftest import Kept
from tests.scripted import ScriptedServer, StartScripted
from tests.server import RunningServer, StartServer

SECRET = "the password is xyzzy"


def samples(server: RunningServer) -> dict[tuple[str, ...], float]:
    """Each number of /metrics by its name and the values of its labels."""
    with server.http() as http:
        families = list(text_string_to_metric_families(http.get("/metrics").text))
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


@dataclass
class Logged:
    """The lines of the access log."""

    _kept: Kept

    @property
    def texts(self) -> list[str]:
        return [record.getMessage() for record in self._kept.records]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts]


@pytest.fixture
def logged(keep: Callable[[str], Kept]) -> Logged:
    """What the access log gets while a test runs."""
    return Logged(keep("puna.access"))


def ask(client: openai.OpenAI, **fields: Any) -> Any:
    return client.chat.completions.create(
        model="tiny", messages=[{"role": "user", "content": SECRET}], max_tokens=5, **fields
    )


def test_a_request_keeps_the_id_it_came_with(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        answer = http.get("/v1/models", headers={"X-Request-Id": "mine-1"})
        missing = http.get("/v1/nowhere", headers={"X-Request-Id": "mine-2"})
    assert (answer.headers["x-request-id"], missing.headers["x-request-id"]) == ("mine-1", "mine-2")


@pytest.mark.parametrize("given", ["", "two words", "x" * 201, "ü"])
def test_an_id_that_would_not_go_into_a_log_is_replaced(scripted: ScriptedServer, given: str) -> None:
    with scripted.http() as http:
        answer = http.get("/v1/models", headers={b"X-Request-Id": given.encode()})
    assert re.fullmatch(r"req_[0-9a-f]{24}", answer.headers["x-request-id"])


def test_the_openai_client_finds_the_id_in_answers_and_errors(scripted: ScriptedServer) -> None:
    answer = scripted.client().chat.completions.with_raw_response.create(
        model="tiny", messages=[{"role": "user", "content": "Hi"}], max_tokens=1
    )
    assert answer.request_id
    assert answer.request_id.startswith("req_")
    with pytest.raises(openai.NotFoundError) as raised:
        scripted.client().chat.completions.create(model="none", messages=[{"role": "user", "content": "Hi"}])
    assert raised.value.request_id
    assert raised.value.request_id != answer.request_id


def test_the_log_tells_what_a_request_took_and_nothing_of_what_was_said(
    scripted: ScriptedServer, logged: Logged
) -> None:
    for _ in range(2):
        scripted.script.say("a", "b", usage=Usage(7, 5, 3))
    ask(scripted.client(), extra_headers={"X-Request-Id": "mine"})
    list(ask(scripted.client(), stream=True))
    with pytest.raises(openai.NotFoundError):
        scripted.client().models.retrieve("none")
    answered, streamed, missing = logged.lines
    assert (answered["request_id"], answered["method"], answered["path"]) == ("mine", "POST", "/v1/chat/completions")
    for line in (answered, streamed):
        assert (line["status"], line["model"]) == (200, "tiny:latest")
        assert (line["prompt_tokens"], line["completion_tokens"], line["cached_tokens"]) == (7, 5, 3)
        assert 0 < line["first_token_ms"] <= line["ms"]
    assert (missing["status"], "model" in missing) == (404, False)
    assert SECRET not in "".join(logged.texts)


def test_a_request_that_was_begun_anew_says_so(scripted: ScriptedServer, logged: Logged) -> None:
    scripted.script.answer(EngineLost("It was killed.", own_fault=False))
    ask(scripted.client())
    [line] = logged.lines
    assert line["retries"] == 1


def test_debugging_shows_bodies(start_scripted: StartScripted, logged: Logged) -> None:
    ask(start_scripted(PUNA_DEBUG="1").client())
    [line] = logged.lines
    assert SECRET in line["body"]


def test_the_access_log_can_be_switched_off(start_scripted: StartScripted, logged: Logged) -> None:
    ask(start_scripted(PUNA_ACCESS_LOG="0").client())
    assert logged.lines == []


def test_metrics_count_requests_tokens_loads_and_crashes(start_server: StartServer) -> None:
    server = start_server()
    usages = [ask(server.client()).usage for _ in range(2)]
    with server.http() as http:
        http.get("/v1/models/none")
        http.get("/some/where/else")
    found = samples(server)
    tiny = "tiny:latest"
    assert found["puna_requests_total", "/v1/chat/completions", "200"] == 2
    assert found["puna_requests_total", "/v1/models/{model}", "404"] == 1
    assert found["puna_requests_total", "other", "404"] == 1
    assert found["puna_tokens_total", "prompt", tiny] == sum(usage.prompt_tokens for usage in usages)
    assert found["puna_tokens_total", "completion", tiny] == sum(usage.completion_tokens for usage in usages)
    cached = sum(usage.prompt_tokens_details.cached_tokens for usage in usages)
    assert found["puna_tokens_total", "cached", tiny] == cached > 0
    assert found["puna_time_to_first_token_seconds_count", tiny] == 2
    assert found["puna_time_per_token_seconds_count", tiny] == 2
    assert found["puna_loads_total", tiny] == 1
    assert found["puna_memory_bytes", "ram", tiny] > 2**20
    assert found["puna_active_requests", tiny] == 0
    assert found["puna_queue_length",] == 0
    [engine] = server.engines()
    engine.kill()
    engine.wait()
    assert ask(server.client()).usage
    after = samples(server)
    assert (after["puna_crashes_total", tiny], after["puna_loads_total", tiny]) == (1, 2)
    assert '"path":"/v1/chat/completions"' in server.log.read_text()
    assert SECRET not in server.log.read_text()
