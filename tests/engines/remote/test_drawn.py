"""Pictures by another Puna."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.remote.front import Front, front_server
from tests.engines.remote.stub import Stub
from tests.scripted import Script
from tests.stored_models import add_formatted_model

PATH = "/v1/images/generations"


@pytest.fixture
def script() -> Script:
    """What the other Puna's engine is asked."""
    return Script()


@pytest.fixture
def painter(tmp_path: Path, front: Front, script: Script) -> Iterator[str]:
    """A model of another Puna that draws."""
    for name, does in (("draws", "image"), ("talks", "completion")):
        add_formatted_model(tmp_path / "models", name, "diffusers", [does])
    with front_server(tmp_path, (script.plan,)) as there:
        front.make("talker", f"FROM {there.url}/v1 talks")
        yield front.make("painter", f"FROM {there.url}/v1 draws")


def test_pictures_whole_and_streamed(front: Front, painter: str, script: Script) -> None:
    asked = {"prompt": "A boat", "n": 2, "seed": 7, "size": "64x32", "quality": "low", "negative_prompt": "rain"}
    answer = front.post(PATH, model=painter, **asked, output_format="jpeg", output_compression=80)
    assert answer.status_code == 200, answer.text
    assert answer.json()["size"] == "64x32"
    assert [(base64.b64decode(one["b64_json"]), one["seed"]) for one in answer.json()["data"]] == [
        (b"whole", 7),
        (b"whole", 8),
    ]
    there = script.request
    assert (there.prompt, there.negative_prompt, there.images, there.seed) == ("A boat", "rain", 2, 7)
    assert (there.effort, there.format, there.compression) == (0.25, "jpeg", 80)
    with front.client().images.generate(
        model=painter, prompt="A boat", stream=True, partial_images=2, extra_body={"seed": 7}
    ) as stream:
        assert [event.type.rpartition(".")[2] for event in stream] == ["partial_image", "partial_image", "completed"]


def test_a_model_that_draws_nothing(front: Front, painter: str) -> None:
    answer = front.post(PATH, model="talker", prompt="A boat")
    assert answer.status_code == 400
    assert "can't make images" in answer.json()["error"]["message"]


def test_a_server_that_is_not_asked_for_pictures(front: Front, stub: Stub) -> None:
    stub.owned_by("vllm")
    front.make("blind", f"FROM {stub.url} m")
    answer = front.post(PATH, model="blind", prompt="A boat")
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "model"
    assert not stub.bodies
