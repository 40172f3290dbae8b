"""Pictures by `tiny-image` in a real engine, and the example of docs/images.md."""

import base64
import io
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest
from PIL import Image

from puna.formats.pipeline import installed
from tests.cli.puna import Puna
from tests.documentation.snippets import ROOT
from tests.server import RunningServer, running_server
from training.pictures.judge import colour_of, shape_of

pytestmark = pytest.mark.skipif(not installed(), reason="the extra `images` is not installed")
PATIENCE = 600.0
"""Seconds: on a machine that others use it takes minutes to import torch."""
MODEL = "tiny-image"
MEMORY = 900 * 2**20
"""Bytes: room for one model that draws and one that writes, not for two of those."""
PAGE = ROOT / "docs" / "images.md"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server, and with it one engine, for all tests here."""
    home = tmp_path_factory.mktemp("home")
    with running_server(home, PUNA_MEMORY=str(MEMORY), PUNA_PROMPT_CACHE="0") as server:
        server.ollama().create("short", from_="tiny", parameters={"num_ctx": 512})
        yield server


@pytest.fixture
def client(server: RunningServer) -> openai.OpenAI:
    return server.client().with_options(timeout=PATIENCE)


def picture(data: str | None) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(data or "")))


def drawn(client: openai.OpenAI, prompt: str, **fields: Any) -> Image.Image:
    """The first picture of an answer."""
    answer = client.images.generate(
        **{"model": MODEL, "prompt": prompt, "extra_body": {"seed": 1, "steps": 2}, **fields}
    )
    assert answer.data
    return picture(answer.data[0].b64_json)


def say(client: openai.OpenAI, *models: str) -> None:
    """One word of each model, in that order."""
    for model in models:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}], max_tokens=1)


def in_memory(server: RunningServer) -> set[str | None]:
    models = server.ollama().ps().models
    assert sum(model.size or 0 for model in models) < MEMORY
    return {model.model for model in models}


def test_a_picture_takes_the_memory_of_a_text_model_that_rests(server: RunningServer, client: openai.OpenAI) -> None:
    say(client, "short", "tiny")
    assert in_memory(server) == {"short:latest", "tiny:latest"}
    drawn(client, "a red circle")
    assert in_memory(server) == {"tiny-image:latest", "tiny:latest"}


def test_the_example_of_the_documents_runs_as_it_is(client: openai.OpenAI) -> None:
    response = client.images.generate(
        model=MODEL,
        prompt="A cute robot learning to paint",
        size="1024x1024",
        response_format="b64_json",
    )
    assert response.data
    assert picture(response.data[0].b64_json).size == (1024, 1024)
    assert response.usage
    assert response.usage.input_tokens > 5
    assert response.usage.output_tokens == 64, "8 x 8 places"


def test_what_the_page_says_to_paste(server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text().partition("```python\n")[2].partition("```")[0]
    exec(compile(text.replace("http://localhost:11434", server.url), PAGE.name, "exec"), {})  # noqa: S102
    assert Image.open("circle.png").size == (512, 512)


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_a_picture_has_the_size_and_format_that_was_asked_for(client: openai.OpenAI, form: str) -> None:
    seen = drawn(client, "a red circle", size="192x128", output_format=form)
    assert (seen.format, seen.size) == (form.upper(), (192, 128))


@pytest.mark.parametrize("size", ["auto", "256x256", "192x128"])
def test_a_red_circle_is_red_and_round(client: openai.OpenAI, size: str) -> None:
    seen = drawn(client, "a red circle", size=size, extra_body={"seed": 1})
    assert (colour_of(seen), shape_of(seen)) == ("red", "circle")


def test_the_same_seed_is_the_same_picture(client: openai.OpenAI) -> None:
    answers = [
        client.images.generate(model=MODEL, prompt="a blue square", n=n, extra_body={"seed": seed, "steps": 4})
        for n, seed in ((1, 5), (2, 4))
    ]
    first, pair = answers[0].data, answers[1].data
    assert first
    assert pair
    assert first[0].b64_json == pair[1].b64_json != pair[0].b64_json


def test_a_stream_shows_unfinished_pictures(client: openai.OpenAI) -> None:
    stream = client.images.generate(
        model=MODEL, prompt="a red circle", stream=True, partial_images=2, extra_body={"seed": 1, "steps": 6}
    )
    kinds = [(event.type.rpartition(".")[2], picture(event.b64_json).size) for event in stream]
    assert kinds == [("partial_image", (128, 128)), ("partial_image", (128, 128)), ("completed", (128, 128))]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"size": "100x101"}, "size"),
        ({"size": "8192x8192"}, "size"),
        ({"size": "8x8"}, "size"),
        ({"prompt": "circle " * 200}, "prompt"),
    ],
)
def test_what_the_pipeline_can_not_do_is_refused_by_name(
    client: openai.OpenAI, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.images.generate(**{"model": MODEL, "prompt": "a red circle", **fields})
    assert raised.value.param == param


def test_it_is_listed_shown_and_copied(server: RunningServer, client: openai.OpenAI) -> None:
    native = server.ollama()
    assert "tiny-image:latest" in [model.model for model in native.list().models]
    assert native.show(MODEL).capabilities == ["image"]
    native.copy(MODEL, "mine")
    answer = client.images.generate(model="mine", prompt="a red circle", extra_body={"steps": 1})
    assert answer.data
    native.delete("mine")


def test_a_killed_engine_is_replaced_and_the_request_done_again(server: RunningServer, client: openai.OpenAI) -> None:
    """It is killed after its first step; the picture is the one that the seed makes."""
    expected = drawn(client, "a green triangle", extra_body={"seed": 3, "steps": 100}).tobytes()
    body = {"model": MODEL, "prompt": "a green triangle", "steps": 100, "options": {"seed": 3}}
    with server.http() as http, http.stream("POST", "/api/generate", json=body, timeout=PATIENCE) as answer:
        lines = answer.iter_lines()
        next(lines)
        os.kill(engine_of(server).pid, signal.SIGKILL)
        last = json.loads([*lines][-1])
    assert last["done"]
    seen = picture(last["image"])
    assert seen.tobytes() == expected


def test_a_client_that_leaves_ends_the_work(server: RunningServer, client: openai.OpenAI) -> None:
    body = {"model": MODEL, "prompt": "a red circle", "steps": 500}
    with server.http() as http, http.stream("POST", "/api/generate", json=body, timeout=PATIENCE) as answer:
        next(answer.iter_lines())
    before = engine_of(server).pid
    drawn(client, "a red circle", extra_body={"steps": 1})
    assert engine_of(server).pid == before


def engine_of(server: RunningServer) -> psutil.Process:
    """The process that draws."""
    return next(engine for engine in server.engines() if "puna.engines.images.runner" in engine.cmdline())


def test_the_command_writes_a_file_and_says_where(server: RunningServer, tmp_path: Path) -> None:
    puna = Puna(tmp_path, tmp_path / "home", server.url.removeprefix("http://"))
    printed = puna("run", MODEL, "a red circle", "--seed", "1", "--steps", "2").strip()
    assert Path(printed) == tmp_path / "a-red-circle.png"
    again = puna("run", MODEL, "a red circle", "--width", "128", "--height", "64", "--steps", "1").strip()
    assert Path(again).name == "a-red-circle-2.png"
    assert (Image.open(printed).size, Image.open(again).size) == ((128, 128), (128, 64))
    assert "is not an image model" in puna.fails("run", "tiny", "a red circle", "--width", "64")


def test_text_takes_the_memory_of_a_model_that_draws_and_rests(server: RunningServer, client: openai.OpenAI) -> None:
    """The last test here: what draws would have to be loaded again."""
    drawn(client, "a red circle")
    say(client, "tiny")
    assert in_memory(server) == {"tiny-image:latest", "tiny:latest"}
    say(client, "short")
    assert in_memory(server) == {"short:latest", "tiny:latest"}
