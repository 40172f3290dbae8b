"""Several replicas of models and of the ingress, with PostgreSQL: what is lost when one of them dies, what ends when
a client leaves, and what Serve is told. `make test-ray` runs it."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx2
import openai
import pytest

from tests.postgresql import new_database, programs, running_cluster
from tests.ray.cluster import Head, Replica, Served, free_port, wait_for
from tests.stored_models import add_model, write_micro_model

STREAMS = 20
TOKENS = 600
ENDLESS = 8000
"""More tokens than are made while a test looks."""
PARALLEL = 4
"""How many answers an engine is at at a time."""
TEST: list[Any] = [{"role": "user", "content": "Say this is a test"}]
AUTOSCALING = {
    "min_replicas": 1,
    "max_replicas": 2,
    "target_ongoing_requests": 1,
    "upscale_delay_s": 0.5,
    "metrics_interval_s": 0.5,
    "look_back_period_s": 1.0,
}
DEPLOYMENTS: list[dict[str, Any]] = [
    {"name": "micro", "num_replicas": 2, "ray_actor_options": {"num_cpus": 0.5}},
    {
        "name": "grows",
        "autoscaling_config": AUTOSCALING,
        "ray_actor_options": {"num_cpus": 0.25, "num_gpus": 0.5},
        "max_ongoing_requests": 16,
    },
    {"name": "ingress", "num_replicas": 2, "ray_actor_options": {"num_cpus": 0}},
]


@pytest.fixture(scope="module")
def served(head: Head, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two models that never end an answer by themselves, in a store that all replicas share."""
    binaries = programs()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    home = tmp_path_factory.mktemp("home")
    for seed, name in enumerate(("micro", "grows")):
        add_model(home / "models", name, write_micro_model(home / f"{name}.gguf", seed=seed, context=8192))
    with running_cluster(binaries) as database:
        environment = {
            "PUNA_HOME": str(home),
            "PUNA_DATABASE_URL": new_database(database, "puna"),
            "PUNA_NUM_PARALLEL": str(PARALLEL),
        }
        application = {
            "name": "puna",
            "import_path": "puna.ray:app",
            "args": {"models": ["micro", "grows"]},
            "runtime_env": {"env_vars": environment},
            "deployments": DEPLOYMENTS,
        }
        with head.running({"http_options": {"port": free_port()}, "applications": [application]}) as running:
            yield running


def stream(client: openai.OpenAI, tokens: int, model: str = "micro", **more: Any) -> openai.Stream[Any]:
    """A stream that ends when it has its tokens."""
    answer: openai.Stream[Any] = client.chat.completions.create(
        model=model, messages=TEST, stream=True, max_tokens=tokens, **more
    )
    return answer


class Reading:
    """A stream that is read to its end in a thread."""

    def __init__(self, pool: ThreadPoolExecutor, client: openai.OpenAI, **more: Any) -> None:
        self.pieces = 0
        self.end: Future[str] = pool.submit(self._read, client, more)

    def _read(self, client: openai.OpenAI, more: dict[str, Any]) -> str:
        """How many tokens it had in the end, or why it was broken off."""
        usage = None
        try:
            for chunk in stream(client, TOKENS, stream_options={"include_usage": True}, **more):
                self.pieces += 1
                usage = chunk.usage or usage
        except openai.APIError as error:
            return error.message
        return str(usage and usage.completion_tokens)


def test_serve_is_told_how_many_replicas_there_are_and_what_they_need(served: Served) -> None:
    deployments = served.deployments()
    assert deployments["micro"]["target_num_replicas"] == 2
    assert deployments["micro"]["deployment_config"]["ray_actor_options"]["num_cpus"] == 0.5
    grows = deployments["grows"]["deployment_config"]
    assert {name: grows["autoscaling_config"][name] for name in AUTOSCALING} == AUTOSCALING
    assert grows["ray_actor_options"] | {"num_cpus": 0.25, "num_gpus": 0.5} == grows["ray_actor_options"]
    assert grows["max_ongoing_requests"] == 16
    assert deployments["ingress"]["target_num_replicas"] == 2


def test_an_engine_sees_the_gpu_that_its_replica_was_given(served: Served) -> None:
    (replica,) = served.replicas("grows")
    (engine,) = replica.engines
    assert engine.environ()["CUDA_VISIBLE_DEVICES"] == "0"
    for each in served.replicas("micro"):
        assert not each.engines[0].environ().get("CUDA_VISIBLE_DEVICES")


def test_two_replicas_answer(served: Served) -> None:
    before = served.asked("micro")
    client = served.client()
    with ThreadPoolExecutor(STREAMS) as pool:
        answers = pool.map(lambda _: stream(client, 20).response.read(), range(2 * STREAMS))
        assert all(b"data: [DONE]" in answer for answer in answers)
    wait_for(lambda: (served.asked("micro") - before).total() >= 2 * STREAMS)
    assert len(served.asked("micro") - before) == 2


def test_a_conversation_goes_on_at_any_ingress(served: Served) -> None:
    client, before = served.client(), served.asked("ingress")
    first = last = client.responses.create(model="micro", input="Say this is a test", max_output_tokens=5)
    for turn in range(12):
        last = client.responses.create(
            model="micro", input=f"Again {turn}", previous_response_id=last.id, max_output_tokens=5
        )
    assert last.usage
    assert first.usage
    assert last.usage.input_tokens > 12 * 5 + first.usage.input_tokens
    assert client.responses.retrieve(first.id).output_text == first.output_text
    wait_for(lambda: (served.asked("ingress") - before).total() >= 13)
    assert len(served.asked("ingress") - before) == 2


def test_a_model_made_at_one_ingress_is_known_to_all(served: Served) -> None:
    made = httpx2.post(f"{served.url}/api/copy", json={"source": "micro", "destination": "other"}, trust_env=False)
    assert made.status_code == 200
    client, before = served.client(), served.asked("ingress")
    for _ in range(12):
        assert client.completions.create(model="other", prompt="a", max_tokens=2).usage
    wait_for(lambda: (served.asked("ingress") - before).total() >= 12)
    assert len(served.asked("ingress") - before) == 2


def test_a_client_that_leaves_ends_the_generation(served: Served) -> None:
    client, before = served.client(), ended(served, 0)
    streams = [stream(client, ENDLESS) for _ in range(PARALLEL)]
    for each in streams:
        next(each)
    wait_for(lambda: served.generations("micro") == PARALLEL)
    for each in streams:
        each.close()
    wait_for(lambda: not served.generations("micro"))
    assert not ended(served, before)


def ended(served: Served, before: int) -> int:
    """How many answers of `micro` have come to their end since, as Serve's logs say."""
    logs = (served.head.folder / "session_latest/logs/serve").glob(f"replica_{served.name}_micro_*.log")
    return sum(log.read_text().count("CALL answers OK") for log in logs) - before


def test_serve_adds_a_replica_where_requests_wait(served: Served) -> None:
    client = served.client()
    streams = [stream(client, ENDLESS, "grows") for _ in range(PARALLEL)]
    wait_for(lambda: len(served.replicas("grows")) == 2)
    for each in streams:
        each.close()


def kill_one(served: Served, readings: list[Reading]) -> Replica:
    """Kill a replica of `micro` whose engine is at several answers, while others wait."""
    busy: list[Replica] = []

    def found() -> bool:
        assert not all(reading.end.done() for reading in readings), [reading.end.result() for reading in readings]
        busy[:] = [each for each in served.replicas("micro") if each.generations >= PARALLEL - 1]
        return bool(busy) and any(reading.pieces for reading in readings)

    wait_for(found)
    busy[0].process.kill()
    return busy[0]


def replaced(served: Served, victim: Replica) -> bool:
    """Whether another replica is in its place."""
    replicas = served.replicas("micro")
    return len(replicas) == 2 and victim.name not in {each.name for each in replicas} and served.ready()


def test_a_replica_that_dies_under_streams_loses_none(served: Served) -> None:
    with ThreadPoolExecutor(STREAMS) as pool:
        client = served.client()
        readings = [Reading(pool, client) for _ in range(STREAMS)]
        victim = kill_one(served, readings)
        assert Counter(reading.end.result() for reading in readings) == {str(TOKENS): STREAMS}
    wait_for(lambda: replaced(served, victim))


def test_what_cannot_go_on_elsewhere_ends_with_an_error_and_what_had_not_begun_is_whole(served: Served) -> None:
    with ThreadPoolExecutor(STREAMS) as pool:
        client = served.client()
        readings = [Reading(pool, client, logprobs=True) for _ in range(STREAMS)]
        victim = kill_one(served, readings)
        ends = [reading.end.result() for reading in readings]
        broken = [reading for reading, end in zip(readings, ends, strict=True) if end != str(TOKENS)]
        assert 1 <= len(broken) <= PARALLEL
        assert all(reading.pieces for reading in broken)
        assert all("replica" in end and "lost" in end for end in ends if end != str(TOKENS))
    assert len(list(stream(served.client(), 20))) > 1
    wait_for(lambda: replaced(served, victim))
