"""What is made of blobs, in the store: when, how much of it, and when it goes."""

import os
from pathlib import Path

import orjson
import pytest

from puna.core.errors import DamagedModel, ModelNotFound
from puna.library.creation import create
from puna.library.errors import StoreFailed, UnknownLayout
from puna.library.layouts import file as files
from puna.library.layouts import translations
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.table import translation
from puna.library.library import Library
from puna.library.model import Model
from puna.library.names import ModelName
from puna.library.recipe import Recipe
from puna.library.translating import Translating, translate
from tests.library.ggufs import write as write_plain
from tests.library.layouts.toy_gemma3 import write_gemma3
from tests.library.layouts.toy_gptoss import write_gptoss
from tests.stored_models import add_model

NAME = ModelName.parse("toy")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A store with a toy gemma3 in Ollama's layout, as Ollama has pulled it."""
    add_model(tmp_path / "models", "toy", write_gemma3(tmp_path).published)
    return Library(tmp_path / "models")


def made(model: Model) -> Path:
    return model.weights.parent


def test_it_is_made_when_an_engine_needs_it_and_the_blob_stays_as_it_was(library: Library) -> None:
    model = library.get(NAME)
    before = model.readable[0].blob.read_bytes()
    assert not model.ready
    assert "vision" in model.capabilities
    assert model.metadata.architecture == "gemma3"
    assert not (library.store.blobs.parent / "translated").exists()
    assert model.weights.name == "model.gguf"
    assert [path.name for path in model.projectors] == ["projector.gguf"]
    assert model.ready
    assert model.readable[0].blob.read_bytes() == before


def test_it_is_made_once(library: Library) -> None:
    weights = library.get(NAME).weights
    seen = weights.stat()
    again = Library(library.store.blobs.parent).get(NAME).weights
    assert (again, again.stat().st_ino) == (weights, seen.st_ino)


def test_what_an_older_version_made_is_made_again(library: Library) -> None:
    model = library.get(NAME)
    model.weights.write_bytes(b"")
    note = made(model) / "made.json"
    note.write_bytes(orjson.dumps({"version": translations.VERSION - 1, "bytes": 0}))
    again = Library(library.store.blobs.parent).get(NAME)
    assert again.weights.stat().st_size > 0


def test_progress_is_told_to_the_end(library: Library) -> None:
    told: list[Translating] = []
    translate(library.get(NAME), told.append)
    assert told[0].completed == 0
    assert told[-1].completed == told[-1].total > 0
    told.clear()
    translate(library.get(NAME), told.append)
    assert told == []


def test_a_list_counts_what_had_to_be_copied(library: Library) -> None:
    (before,) = (each.size for each in library.list() if not each.bundled)
    model = library.get(NAME)
    own = orjson.loads((made(model) / "made.json").read_bytes())["bytes"]
    assert 0 < own <= sum(path.stat().st_size for path in (model.weights, *model.projectors))
    (after,) = (each.size for each in library.list() if not each.bundled)
    assert after == before + own


def test_it_goes_with_the_last_model_that_has_the_blob(library: Library) -> None:
    folder = made(library.get(NAME))
    library.copy(NAME, ModelName.parse("second"))
    library.delete(NAME)
    assert folder.is_dir()
    library.delete(ModelName.parse("second"))
    assert not folder.exists()


def test_it_goes_when_ollama_has_removed_the_blob(library: Library) -> None:
    model = library.get(NAME)
    folder = made(model)
    model.readable[0].blob.unlink()
    library.store.prune()
    assert not folder.exists()


def test_half_a_translation_is_none(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rewrite: Rewrite, target: Path, progress: object) -> int:
        target.write_bytes(b"GG")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(translations, "write", broken)
        with pytest.raises(StoreFailed, match="No space left"):
            _ = library.get(NAME).weights
    folder = library.store.blobs.parent / "translated"
    assert [path for path in folder.iterdir() if path.is_dir()] == []
    assert library.get(NAME).weights.stat().st_size > 0


def test_a_cut_off_blob_is_damaged(tmp_path: Path) -> None:
    blob = write_gptoss(tmp_path).published
    blob.write_bytes(blob.read_bytes()[:-1000])
    add_model(tmp_path / "models", "toy", blob)
    with pytest.raises(DamagedModel, match="cut off"):
        _ = Library(tmp_path / "models").get(NAME).metadata


def test_a_modelfile_names_the_blob(library: Library) -> None:
    from puna.library.modelfile import Modelfile

    model = library.get(NAME)
    assert Modelfile.of(model).sources == (str(model.readable[0].blob),)


def test_a_model_made_of_it_is_translated_too(library: Library) -> None:
    steps: list[str] = []
    model = create(library, ModelName.parse("child"), Recipe(base=NAME, system="Be brief."), steps.append)
    assert model.ready
    assert "translating for llama.cpp" in steps


def test_nothing_is_made_of_a_layout_that_nobody_knows(library: Library, tmp_path: Path) -> None:
    weights = write_plain(tmp_path / "m.gguf", architecture="mllama")
    with pytest.raises(UnknownLayout, match="'mllama'"):
        create(library, ModelName.parse("new"), Recipe(files={"m.gguf": weights}))
    with pytest.raises(ModelNotFound):
        library.get(ModelName.parse("new"))


def test_quantized_it_keeps_its_eyes(library: Library) -> None:
    model = create(library, ModelName.parse("small"), Recipe(base=NAME, quantize="q8_0"))
    assert model.translated is None
    assert "vision" in model.capabilities


def test_the_data_begins_where_blocks_can_be_shared(tmp_path: Path) -> None:
    """The longest stretch lies at the same place within a block as in the blob, so a file system can share it."""
    from puna.formats.gguf import Metadata

    found = translation(Metadata.read(write_gemma3(tmp_path).published))
    assert found
    first = files.arranged(found.weights)[0]
    target = tmp_path / "new.gguf"
    own = files.write(found.weights, target)
    header = Metadata.read(target)
    assert header.data_offset % 4096 == first.start % 4096
    assert own == os.stat(target).st_size or own < os.stat(target).st_size - 4096
