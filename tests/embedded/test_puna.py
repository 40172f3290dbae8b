from collections.abc import Iterator
from pathlib import Path

import pytest

import puna
from puna.core.errors import InvalidRequest, ModelNotFound, PunaError


@pytest.fixture
def here(tmp_path: Path) -> Iterator[puna.Puna]:
    with puna.Puna(path=tmp_path / "home", models=tmp_path / "models", context_length=1024) as here:
        yield here


def names(here: puna.Puna) -> list[str]:
    return [model.name for model in here.models()]


def test_models_are_made_copied_loaded_and_removed(here: puna.Puna) -> None:
    [tiny] = here.models()
    assert (tiny.name, tiny.quantization) == ("tiny:latest", "Q8_0")
    here.create("short", "FROM tiny\nPARAMETER num_ctx 512\nSYSTEM You are brief.")
    here.copy("short", "gpt-4o")
    assert sorted(names(here)) == ["gpt-4o:latest", "short:latest", "tiny:latest"]
    assert here.loaded() == []
    here.load("short")
    [loaded] = here.loaded()
    assert (loaded.name, loaded.context_length) == ("short:latest", 512)
    assert loaded.memory > 0
    assert here.unload("short")
    assert not here.unload("tiny")
    here.delete("gpt-4o")
    assert sorted(names(here)) == ["short:latest", "tiny:latest"]


def test_settings_come_as_arguments_and_clients_share_the_server(here: puna.Puna, tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "Say this is a test"}]
    answer = here.openai().chat.completions.create(model="tiny", messages=messages)  # type: ignore[arg-type]
    assert answer.choices[0].message.content == "This is a test."
    again = puna.Puna(path=tmp_path / "home", models=tmp_path / "models", context_length=1024)
    assert [loaded.context_length for loaded in again.loaded()] == [1024]


def test_what_goes_wrong_is_an_error_that_says_so(here: puna.Puna) -> None:
    with pytest.raises(ModelNotFound, match="nothing-here"):
        here.load("nothing-here")
    with pytest.raises(PunaError):
        here.create("bad", "FROM ./nothing")
    with pytest.raises(InvalidRequest, match="comes with Puna"):
        here.delete("tiny")
    with pytest.raises(PunaError):
        list(here.pull("a name with blanks"))
    assert names(here) == ["tiny:latest"]
