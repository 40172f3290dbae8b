"""What is seen of a request from outside: its id, its line in the access log, its part in the metrics."""

import json
import re
from typing import Any

import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

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


def access_lines(server: RunningServer) -> list[dict[str, Any]]:
    """All of them: a line is written after its answer was sent, so the server has to end first."""
    server.process.terminate()
    server.process.wait()
    return [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]


def ask(client: openai.OpenAI, **fields: Any) -> Any:
    return client.chat.completions.create(
        model="tiny", messages=[{"role": "user", "content": SECRET}], max_tokens=5, **fields
    )


def test_a_request_keeps_the_id_it_came_with(server: RunningServer) -> None:
    with server.http() as http:
        answer = http.get("/v1/models", headers={"X-Request-Id": "mine-1"})
        missing = http.get("/v1/nowhere", headers={"X-Request-Id": "mine-2"})
    assert (answer.headers["x-request-id"], missing.headers["x-request-id"]) == ("mine-1", "mine-2")


@pytest.mark.parametrize("given", ["", "two words", "x" * 201, "ü"])
def test_an_id_that_would_not_go_into_a_log_is_replaced(server: RunningServer, given: str) -> None:
    with server.http() as http:
        answer = http.get("/v1/models", headers={b"X-Request-Id": given.encode()})
    assert re.fullmatch(r"req_[0-9a-f]{24}", answer.headers["x-request-id"])


def test_the_openai_client_finds_the_id_in_answers_and_errors(client: openai.OpenAI) -> None:
    answer = client.chat.completions.with_raw_response.create(
        model="tiny", messages=[{"role": "user", "content": "Hi"}], max_tokens=1
    )
    assert answer.request_id
    assert answer.request_id.startswith("req_")
    with pytest.raises(openai.NotFoundError) as raised:
        client.chat.completions.create(model="none", messages=[{"role": "user", "content": "Hi"}])
    assert raised.value.request_id
    assert raised.value.request_id != answer.request_id


def test_the_log_tells_what_a_request_took_and_nothing_of_what_was_said(start_server: StartServer) -> None:
    server = start_server()
    usage = ask(server.client(), extra_headers={"X-Request-Id": "mine"}).usage
    *_, last = ask(server.client(), stream=True, stream_options={"include_usage": True})
    with pytest.raises(openai.NotFoundError):
        server.client().models.retrieve("none")
    answered, streamed, missing = access_lines(server)
    assert (answered["request_id"], answered["method"], answered["path"]) == ("mine", "POST", "/v1/chat/completions")
    assert (answered["status"], answered["model"]) == (200, "tiny:latest")
    counts = usage.prompt_tokens, usage.completion_tokens
    assert (answered["prompt_tokens"], answered["completion_tokens"]) == counts
    assert 0 < answered["first_token_ms"] <= answered["ms"]
    assert streamed["completion_tokens"] == last.usage.completion_tokens
    assert streamed["cached_tokens"] == last.usage.prompt_tokens_details.cached_tokens > 0
    assert (missing["status"], "model" in missing) == (404, False)
    assert SECRET not in server.log.read_text()


def test_debugging_shows_bodies_and_a_setting_silences_the_log(start_server: StartServer) -> None:
    server = start_server(PUNA_DEBUG="1")
    ask(server.client())
    [line] = access_lines(server)
    assert SECRET in line["body"]


def test_the_access_log_can_be_switched_off(start_server: StartServer) -> None:
    server = start_server(PUNA_ACCESS_LOG="0")
    ask(server.client())
    assert access_lines(server) == []


def test_metrics_count_requests_tokens_and_loads(start_server: StartServer) -> None:
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


def test_metrics_count_engines_that_crash(start_server: StartServer) -> None:
    server = start_server()
    ask(server.client())
    [engine] = server.engines()
    engine.kill()
    engine.wait()
    assert ask(server.client()).usage
    found = samples(server)
    assert found["puna_crashes_total", "tiny:latest"] == 1
    assert found["puna_loads_total", "tiny:latest"] == 2
