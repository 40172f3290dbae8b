"""`/v1/images/generations` before an engine that follows a script."""

import base64
import json
from pathlib import Path
from typing import Any

import openai
import pytest

from puna.core.errors import EngineLost
from puna.core.events import Done, Usage
from puna.core.images import Image, PartialImage, StepDone
from puna.engines.images import launch
from puna.engines.images.launch import plan_images
from tests.scripted import ScriptedServer, scripted_server
from tests.test_openapi import fits

PATH = "/v1/images/generations"


def refused(server: ScriptedServer, **fields: Any) -> tuple[int, str | None, str]:
    """Status, field and message of a refusal."""
    body = {"model": "draws", "prompt": "a red circle", **fields}
    with server.http() as http:
        answer = http.post(PATH, json=body)
    error = answer.json()["error"]
    return answer.status_code, error["param"], error["message"]


def test_the_example_of_the_documents(scripted: ScriptedServer) -> None:
    answer = scripted.client().images.generate(
        model="draws", prompt="A cute robot learning to paint", size="1024x1024", response_format="b64_json"
    )
    assert answer.data
    assert base64.b64decode(answer.data[0].b64_json or "") == b"whole"
    assert (answer.size, answer.output_format, answer.quality, answer.background) == (
        "1024x1024", "png", "high", "opaque",
    )  # fmt: skip
    assert answer.usage
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (3, 64, 67)
    assert scripted.script.request.size == (1024, 1024)


def test_every_field_acts(scripted: ScriptedServer) -> None:
    answer = scripted.client().images.generate(
        model="draws",
        prompt="a cat",
        n=2,
        size="auto",
        quality="low",
        style="vivid",
        output_format="webp",
        output_compression=60,
        background="opaque",
        moderation="low",
        user="ann",
        extra_body={"seed": 7, "negative_prompt": "a dog", "steps": 9, "guidance": 2.5},
    )
    request = scripted.script.request
    assert (request.images, request.size, request.effort, request.prompt) == (2, None, 0.25, "a cat, vivid style")
    assert (request.format, request.compression, request.seed) == ("webp", 60, 7)
    assert (request.negative_prompt, request.steps, request.guidance) == ("a dog", 9, 2.5)
    assert answer.data
    assert [image.to_dict()["seed"] for image in answer.data] == [7, 8]
    assert (answer.output_format, answer.quality) == ("webp", "low")


@pytest.mark.parametrize(
    ("quality", "effort"),
    [("auto", 1.0), ("standard", 1.0), ("medium", 0.5), ("high", 1.0), ("hd", 1.5), ("xhigh", 1.5), ("max", 2.0)],
)
def test_quality_is_a_part_of_the_steps(scripted: ScriptedServer, quality: Any, effort: float) -> None:
    scripted.client().images.generate(model="draws", prompt="a cat", quality=quality)
    assert scripted.script.request.effort == effort


def test_a_stream_with_unfinished_pictures(scripted: ScriptedServer) -> None:
    stream = scripted.client().images.generate(
        model="draws", prompt="a cat", stream=True, partial_images=2, size="64x128", extra_body={"seed": 5}
    )
    events = list(stream)
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    first, last = events[0], events[-1]
    assert first.type == "image_generation.partial_image"
    assert (first.partial_image_index, base64.b64decode(first.b64_json), first.size) == (0, b"half", "64x128")
    assert last.type == "image_generation.completed"
    assert (last.usage.input_tokens, last.usage.output_tokens) == (3, 64)
    assert last.to_dict()["seed"] == 5


def test_answers_and_events_are_as_they_are_described(scripted: ScriptedServer) -> None:
    body = {"model": "draws", "prompt": "a cat", "n": 2}
    with scripted.http() as http:
        fits(PATH, "post", http.post(PATH, json=body))
        fits(PATH, "post", http.post(PATH, json={**body, "stream": True, "partial_images": 1}))


BAD: list[tuple[dict[str, Any], str]] = [
    ({"prompt": ""}, "prompt"),
    ({"prompt": "  \n"}, "prompt"),
    ({"size": "big"}, "size"),
    ({"size": "64 x 64"}, "size"),
    ({"n": 0}, "n"),
    ({"n": 11}, "n"),
    ({"quality": "best"}, "quality"),
    ({"style": "grim"}, "style"),
    ({"response_format": "url"}, "response_format"),
    ({"output_format": "gif"}, "output_format"),
    ({"output_compression": 50}, "output_compression"),
    ({"output_compression": 101, "output_format": "jpeg"}, "output_compression"),
    ({"background": "transparent"}, "background"),
    ({"partial_images": 1}, "partial_images"),
    ({"partial_images": 4, "stream": True}, "partial_images"),
    ({"seed": -1}, "seed"),
    ({"steps": 0}, "steps"),
    ({"guidance": -1}, "guidance"),
    ({"complexity": "high"}, "complexity"),
    ({"frame_count": 3}, "frame_count"),
    ({"svg": {"model": "draws"}}, "svg"),
    ({"mask": "x"}, "mask"),
]


@pytest.mark.parametrize(("fields", "param"), BAD, ids=json.dumps)
def test_what_can_not_be_is_refused_by_name(scripted: ScriptedServer, fields: dict[str, Any], param: str) -> None:
    status, field, message = refused(scripted, **fields)
    assert (status, field) == (400, param)
    assert param in message
    assert not scripted.script.requests


def test_a_model_that_chats_makes_no_images(scripted: ScriptedServer) -> None:
    status, field, message = refused(scripted, model="plain")
    assert (status, field) == (400, "model")
    assert message == "This model can't make images. It generates text."


def test_a_model_that_makes_images_does_not_chat(scripted: ScriptedServer) -> None:
    client = scripted.client()
    with pytest.raises(openai.BadRequestError, match="It makes images") as raised:
        client.chat.completions.create(model="draws", messages=[{"role": "user", "content": "hi"}])
    assert raised.value.param == "model"
    with pytest.raises(openai.BadRequestError, match="It makes images"):
        client.responses.create(model="draws", input="hi")
    with pytest.raises(openai.BadRequestError, match="It makes images"):
        client.embeddings.create(model="draws", input="hi")


def test_a_lost_engine_is_replaced_and_nothing_is_sent_twice(scripted: ScriptedServer) -> None:
    half = PartialImage(0, 0, b"half", (64, 64))
    scripted.script.answer(StepDone(0, 1, 2), half, EngineLost("killed", own_fault=False))
    whole = Image(0, b"whole", (64, 64), 1, 3, 64)
    scripted.script.answer(StepDone(0, 1, 2), half, StepDone(0, 2, 2), whole, Done(Usage(3, 64)))
    stream = scripted.client().images.generate(model="draws", prompt="a cat", stream=True, partial_images=1)
    assert [event.type.rpartition(".")[2] for event in stream] == ["partial_image", "completed"]
    first, second = scripted.script.requests
    assert first == second, "with the same seed"


def test_without_the_extra_it_is_said_how_to_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "installed", lambda: False)
    with scripted_server(tmp_path / "home", engines=(plan_images,)) as server:
        status, _, message = refused(server)
        assert status == 501
        assert "pip install 'puna[images]'" in message
        assert refused(server, model="plain")[0] == 400
        assert refused(server, model="x/z-image-turbo")[0] == 501, "before somebody pulls it for nothing"


def test_the_native_api_draws_too(scripted: ScriptedServer) -> None:
    rows = list(scripted.ollama().generate("draws", "a cat", width=64, height=128, steps=4, stream=True))
    assert [(row.completed, row.total) for row in rows[:-1]] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert base64.b64decode(rows[-1].image or "") == b"whole"
    assert rows[-1].done
    request = scripted.script.request
    assert (request.size, request.steps) == ((64, 128), 4)
    whole = scripted.ollama().generate("draws", "a cat", options={"seed": 3})
    assert (whole.image, whole.eval_count) == (base64.b64encode(b"whole").decode(), 64)
    assert scripted.script.request.seed == 3


@pytest.mark.parametrize(
    ("model", "fields", "name"),
    [
        ("plain", {"width": 64}, "width"),
        ("plain", {"steps": 4}, "steps"),
        ("draws", {"suffix": "x"}, "suffix"),
        ("draws", {"system": "x"}, "system"),
        ("draws", {"format": "json"}, "format"),
        ("draws", {"width": 64}, "width"),
        ("draws", {"width": 100_000, "height": 64}, "width"),
        ("draws", {"steps": 0}, "steps"),
    ],
)
def test_the_native_api_refuses_by_name(
    scripted: ScriptedServer, model: str, fields: dict[str, Any], name: str
) -> None:
    with scripted.http() as http:
        answer = http.post("/api/generate", json={"model": model, "prompt": "a cat", **fields})
    assert answer.status_code == 400
    assert f"'{name}'" in answer.json()["error"]
