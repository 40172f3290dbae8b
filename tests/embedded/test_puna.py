import asyncio
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import puna
from puna.models import TINY_IMAGE_NAME
from tests.library.registry.fake_registry import serving_in_thread


@pytest.fixture
def here(tmp_path: Path) -> Iterator[puna.Puna]:
    with puna.Puna(path=tmp_path / "home", models=tmp_path / "models", context_length=1024) as here:
        yield here


def names(here: puna.Puna) -> set[str]:
    """All but the model that draws, which is listed where its packages are."""
    return {model.name for model in here.models()} - {TINY_IMAGE_NAME}


def test_models_are_made_copied_loaded_and_removed(here: puna.Puna) -> None:
    tiny = here.models()[0]
    assert (tiny.name, tiny.quantization) == ("tiny:latest", "Q8_0")
    here.create("short", "FROM tiny\nPARAMETER num_ctx 512\nSYSTEM You are brief.")
    here.copy("short", "gpt-4o")
    assert names(here) == {"gpt-4o:latest", "short:latest", "tiny:latest"}
    assert here.loaded() == []
    here.load("short")
    [loaded] = here.loaded()
    assert (loaded.name, loaded.context_length) == ("short:latest", 512)
    assert loaded.memory > 0
    assert here.unload("short")
    assert not here.unload("tiny")
    here.delete("gpt-4o")
    assert names(here) == {"short:latest", "tiny:latest"}


def test_a_chat_needs_no_client(here: puna.Puna) -> None:
    assert "".join(here.chat("tiny", "Say this is a test")) == "This is a test."
    told = [("user", "My name is Ada."), ("assistant", "Hello, Ada."), ("user", "What is my name?")]
    assert "Ada" in "".join(here.chat("tiny", told, temperature=0, seed=1))  # type: ignore[arg-type]
    assert len([*here.chat("tiny", "Say this is a test", max_tokens=2)]) <= 2
    with pytest.raises(puna.ModelNotFound):
        next(here.chat("nowhere", "Hi"))


def test_leaving_a_chat_stops_the_model(here: puna.Puna) -> None:
    here.create("endless", "FROM tiny\nPARAMETER num_predict -1")
    answer = here.chat("endless", "Say this is a test")
    next(answer)
    answer.close()  # type: ignore[attr-defined]
    assert here.unload("endless")
    while here.loaded():  # as soon as it is idle
        pass


def test_settings_come_as_arguments_and_clients_share_the_server(here: puna.Puna, tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "Say this is a test"}]
    answer = here.openai().chat.completions.create(model="tiny", messages=messages)  # type: ignore[arg-type]
    assert answer.choices[0].message.content == "This is a test."
    again = puna.Puna(path=tmp_path / "home", models=tmp_path / "models", context_length=1024)
    assert [loaded.context_length for loaded in again.loaded()] == [1024]


def test_what_goes_wrong_is_an_error_that_says_so(here: puna.Puna) -> None:
    with pytest.raises(puna.ModelNotFound, match="nothing-here"):
        here.load("nothing-here")
    with pytest.raises(puna.PunaError):
        here.create("bad", "FROM ./nothing")
    with pytest.raises(puna.InvalidRequest, match="comes with Puna"):
        here.delete("tiny")
    with pytest.raises(puna.PunaError):
        list(here.pull("a name with blanks"))
    assert names(here) == {"tiny:latest"}


def test_a_pull_tells_its_progress_and_can_be_left(here: puna.Puna) -> None:
    with serving_in_thread() as registry:
        registry.offer("latest", b"config", bytes(100_000))
        name = f"http://{registry.address}/me/m"
        steps = list(here.pull(name, insecure=True))
        for step in here.pull(name, insecure=True):
            assert step.status == "pulling manifest"
            break
    assert steps[-1] == puna.Progress(status="success")
    transfers = [step for step in steps if step.total == 100_000]
    assert transfers[-1].completed == 100_000
    assert f"{registry.address}/me/m:latest" in " ".join(names(here))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"context_length": -1}, "context_length=-1: expected a whole number above 0"),
        ({"memory": "much"}, "memory=much: expected a size such as 8GiB"),
        ({"cache_type": "f17"}, "cache_type=f17: expected one of f32"),
        ({"llama_server": "/nowhere/llama-server"}, "llama_server=/nowhere/llama-server: there is no such file"),
    ],
)
def test_an_argument_that_cannot_be_used_is_named(arguments: Any, said: str) -> None:
    with pytest.raises(puna.SettingError, match=re.escape(said)):
        puna.Puna(**arguments)


def test_settings_mean_what_the_environments_do(tmp_path: Path) -> None:
    with puna.Puna(path=tmp_path, context_length=512, parallel=1, keep_alive="1h", memory="2GiB", threads=1) as here:
        here.load("tiny")
        [loaded] = here.loaded()
        assert loaded.context_length == 512
        assert loaded.expires is not None
        assert timedelta(minutes=59) < loaded.expires - datetime.now(UTC) < timedelta(minutes=61)
        here.load("tiny", keep_alive=math.inf)
        assert [loaded.expires for loaded in here.loaded()] == [None]


def test_nobody_waits_for_what_was_closed(tmp_path: Path) -> None:
    here = puna.Puna(path=tmp_path)
    client = here.openai(max_retries=0)
    here.close()
    here.close()
    with pytest.raises(RuntimeError, match="was closed"):
        here.models()
    with pytest.raises(RuntimeError, match="was closed"):
        client.models.list()
    with puna.Puna(path=tmp_path) as again:
        assert again.models()


def test_an_asynchronous_client_shares_the_server_too(here: puna.Puna) -> None:
    async def ask() -> str:
        async with here.async_openai() as client:
            return (await client.models.list()).data[0].id

    assert asyncio.run(ask()) == "tiny:latest"


def test_everything_public_is_listed_and_there() -> None:
    assert {*puna.__all__} <= {*dir(puna)}
    assert all(getattr(puna, name) for name in puna.__all__)
