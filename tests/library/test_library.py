import os
from pathlib import Path

import orjson
import pytest

from puna.api.advice import with_advice
from puna.core.errors import DamagedModel, ModelNotFound
from puna.formats.gguf import Metadata
from puna.library import bundled, manifest
from puna.library.config import Config
from puna.library.digest import Digest
from puna.library.library import Library
from puna.library.manifest import Layer, Manifest
from puna.library.names import ModelName
from tests.library import ggufs


def add_blob(root: Path, media_type: str, content: bytes) -> Layer:
    digest = Digest.of(content)
    (root / "blobs").mkdir(parents=True, exist_ok=True)
    (root / "blobs" / digest.filename).write_bytes(content)
    return Layer(media_type, digest, len(content))


def add_model(root: Path, name: str, weights: bytes, **layers: bytes) -> Manifest:
    """Put a model into the folder as Ollama would."""
    entries = [add_blob(root, manifest.WEIGHTS, weights)]
    entries += [add_blob(root, getattr(manifest, kind.upper()), content) for kind, content in layers.items()]
    made = Manifest.of(add_blob(root, manifest.CONFIG, b'{"model_family": "llama", "file_type": "Q8_0"}'), entries)
    path = root / "manifests" / ModelName.parse(name).path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.raw)
    return made


@pytest.fixture
def weights(weights_file: Path) -> bytes:
    return weights_file.read_bytes()


def names(library: Library) -> set[str]:
    return {str(model.name) for model in library.list() if not model.bundled}


def test_a_folder_that_is_not_there_has_no_models(root: Path) -> None:
    assert names(Library(root)) == set()
    assert not root.exists()


def test_a_model_is_all_that_its_layers_say(root: Path, weights: bytes) -> None:
    made = add_model(
        root,
        "llama3.2:1b",
        weights,
        system=b"Be brief.",
        template=b"{% for m in messages %}{{ m.content }}{% endfor %}",
        parameters=b'{"stop": ["<|eot|>"], "num_ctx": 4096, "temperature": 1}',
        messages=orjson.dumps([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]),
        license=b"MIT",
        projector=b"p",
        adapter=b"a",
    )
    model = Library(root).get(ModelName.parse("llama3.2:1b"))
    assert model.digest == made.digest.hex
    assert model.size == sum(blob.stat().st_size for blob in (root / "blobs").iterdir())
    assert model.weights.read_bytes() == weights
    assert [path.read_bytes() for path in model.projectors] == [b"p"]
    assert [path.read_bytes() for path in model.adapters] == [b"a"]
    assert model.parameters.stop == ("<|eot|>",)
    assert model.parameters.num_ctx == 4096
    assert model.parameters.temperature == 1.0
    assert model.parameters.top_p is None
    assert model.system == "Be brief."
    assert model.template == "{% for m in messages %}{{ m.content }}{% endfor %}"
    assert [(message.role, message.content) for message in model.messages] == [
        ("user", "hi"),
        ("assistant", "ho"),
    ]
    assert model.licenses == ("MIT",)
    assert model.config.family == "llama"
    assert model.metadata.context_length == 256
    assert model.modified.tzinfo is not None


def test_case_does_not_matter(root: Path, weights: bytes) -> None:
    add_model(root, "hf.co/User/Repo:Q4_K_M", weights)
    found = Library(root).get(ModelName.parse("HF.co/user/repo:q4_k_m"))
    assert str(found.name) == "hf.co/User/Repo:Q4_K_M"


def test_a_near_name_is_proposed(root: Path, weights: bytes) -> None:
    add_model(root, "llama3.2", weights)
    with pytest.raises(ModelNotFound, match=r"model 'lama3\.2:latest' not found, did you mean 'llama3\.2:latest'"):
        Library(root).get(ModelName.parse("lama3.2"))
    for other in ("mistral", "llama3.1", "llama3", "llama3.2:1b", "phi:latest"):
        with pytest.raises(ModelNotFound) as missing:
            Library(root).get(ModelName.parse(other))
        assert with_advice(missing.value).endswith(f"try pulling it first: puna pull {missing.value.name}")


@pytest.mark.parametrize("name", ["tinyllama", "phi", "mini", "nobody"])
def test_a_name_is_not_near_for_its_tag(root: Path, name: str) -> None:
    with pytest.raises(ModelNotFound, match=f"model '{name}:latest' not found") as missing:
        Library(root).get(ModelName.parse(name))
    assert missing.value.elsewhere


def test_a_pinned_name_is_that_manifest_or_none(root: Path, weights: bytes) -> None:
    made = add_model(root, "m", weights)
    library = Library(root)
    assert library.get(ModelName.parse(f"m@{made.digest}")).digest == made.digest.hex
    with pytest.raises(ModelNotFound):
        library.get(ModelName.parse("m@sha256:" + "0" * 64))


def test_the_last_changed_is_listed_first(root: Path, weights: bytes) -> None:
    for age, name in enumerate(["new", "older", "oldest"]):
        add_model(root, name, weights)
        os.utime(root / "manifests" / ModelName.parse(name).path, (1e9 - age, 1e9 - age))
    listed = [str(model.name) for model in Library(root).list() if not model.bundled]
    assert listed == ["new:latest", "older:latest", "oldest:latest"]


def test_what_is_no_manifest_is_left_out(root: Path, weights: bytes) -> None:
    add_model(root, "good", weights)
    folder = root / "manifests/registry.ollama.ai/library"
    for name, content in {
        "a/latest": b"",
        "b/latest": b"[]",
        "c/latest": b'{"layers": [1]}',
        "d/.x": b"{}",
    }.items():
        (folder / name).parent.mkdir()
        (folder / name).write_bytes(content)
    (folder / "file").write_bytes(b"")
    assert names(Library(root)) == {"good:latest"}


def test_a_change_by_another_process_is_seen(root: Path, weights: bytes) -> None:
    library = Library(root)
    add_model(root, "m", weights, system=b"one")
    first = library.get(ModelName.parse("m"))
    assert library.get(ModelName.parse("m")) is first
    add_model(root, "m", weights, system=b"another")
    assert library.get(ModelName.parse("m")).system == "another"
    (root / "manifests" / ModelName.parse("m").path).unlink()
    assert names(library) == set()


def test_a_missing_blob_is_named(root: Path, weights: bytes) -> None:
    add_model(root, "m", weights, system=b"gone")
    path = root / "blobs" / Digest.of(b"gone").filename
    path.unlink()
    with pytest.raises(DamagedModel, match=path.name):
        _ = Library(root).get(ModelName.parse("m")).system


def test_the_bundled_model_is_made_of_its_weights(tmp_path: Path) -> None:
    weights = ggufs.write(tmp_path / "tiny.gguf")
    tiny = bundled.model_of(weights)
    assert str(tiny.name) == "tiny:latest"
    assert tiny.bundled
    assert tiny.weights == weights
    assert tiny.config == Config.of(Metadata.read(weights))
    assert tiny.size > weights.stat().st_size
    assert bundled.model_of(weights).digest == tiny.digest


def test_the_bundled_model_wins_over_one_of_its_name(
    root: Path, weights: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = bundled.model_of(ggufs.write(tmp_path / "tiny.gguf", rows=4))
    for module in ("library", "bundled"):
        monkeypatch.setattr(f"puna.library.{module}.bundled", lambda: tiny)
    add_model(root, "tiny", weights)
    library = Library(root)
    assert library.get(ModelName.parse("Tiny")) is tiny
    assert [model.digest for model in library.list() if model.name == "tiny:latest"] == [tiny.digest]


def test_no_blob_of_a_store_is_a_file_of_the_installation(library: Library, root: Path) -> None:
    tiny = bundled.bundled()
    assert tiny
    library.copy(ModelName.parse("tiny"), ModelName.parse("mine"))
    blob = root / "blobs" / tiny.manifest.layers[0].digest.filename
    assert blob.stat().st_size == tiny.weights.stat().st_size
    assert not blob.samefile(tiny.weights)
