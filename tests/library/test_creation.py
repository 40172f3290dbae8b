import os
from pathlib import Path

import gguf
import numpy as np
import pytest

from puna.core.errors import InvalidRequest, ModelNotFound
from puna.library import bundled
from puna.library.creation import create
from puna.library.errors import ProtectedModel, StoreFailed
from puna.library.library import Library
from puna.library.model import Example
from puna.library.modelfile import Modelfile
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from puna.library.recipe import Recipe
from tests.library import ggufs
from tests.library.ggufs import finish

NAME = ModelName.parse("mine")
OTHER = ModelName.parse("other:1b")


def files(root: Path) -> dict[str, bytes]:
    """Everything in the store but its lock."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def recipe(text: str, folder: Path, quantize: str | None = None) -> Recipe:
    return Recipe.of(Modelfile.parse(text), folder, quantize)


def test_a_modelfile_makes_the_model_that_it_describes(library: Library, weights_file: Path) -> None:
    folder = weights_file.parent
    ggufs.write(folder / "mmproj.gguf", architecture="clip", rows=2)
    ggufs.write(folder / "lora.gguf", values={"general.type": "adapter"}, rows=3)
    ggufs.write(folder / "small.gguf", rows=4)
    text = '''
        FROM ./weights.gguf
        FROM ./mmproj.gguf
        ADAPTER lora.gguf
        DRAFT small.gguf
        PARAMETER num_ctx 128
        PARAMETER stop <end>
        TEMPLATE """{{ range .Messages }}{{ .Content }}{{ end }}"""
        SYSTEM Be brief.
        MESSAGE user hi
        LICENSE MIT
    '''
    steps: list[str] = []
    model = create(library, NAME, recipe(text, folder), steps.append)
    assert steps[-2:] == ["writing manifest", "success"]
    assert library.list()[0].digest == model.digest
    assert model.weights.read_bytes() == weights_file.read_bytes()
    assert [path.read_bytes() for path in model.projectors] == [(folder / "mmproj.gguf").read_bytes()]
    assert [path.read_bytes() for path in model.adapters] == [(folder / "lora.gguf").read_bytes()]
    assert model.draft is not None
    assert model.draft.read_bytes() == (folder / "small.gguf").read_bytes()
    assert str(Modelfile.of(model)).count("DRAFT ") == 1
    assert model.parameters == Parameters(num_ctx=128, stop=("<end>",))
    assert model.template is not None
    assert "go.messages" in model.template
    assert model.system == "Be brief."
    assert model.messages == (Example("user", "hi"),)
    assert model.licenses == ("MIT",)
    assert model.config.families == ("llama", "clip")
    assert model.config.quantization == "Q8_0"
    assert [*library.store.verify(model.manifest)] == []
    assert [*library.store.staging.folder.iterdir()] == []


def test_of_the_bundled_model_only_what_is_used_is_copied(library: Library) -> None:
    made = create(library, NAME, Recipe(base=ModelName.parse("tiny"), system="Be brief."))
    assert [*library.store.staging.folder.iterdir()] == []
    blobs = {path.name for path in library.store.blobs.iterdir()}
    assert blobs == {layer.digest.filename for layer in made.manifest.blobs}


def test_a_model_made_of_its_own_modelfile_is_the_same(library: Library, weights_file: Path, root: Path) -> None:
    text = 'FROM ./weights.gguf\nPARAMETER top_p 0.5\nSYSTEM "a\nb"\nMESSAGE user hi\nTEMPLATE {{ .Prompt }}'
    first = create(library, NAME, recipe(text, weights_file.parent))
    again = create(library, OTHER, recipe(str(Modelfile.of(first)), root))
    assert again.digest == first.digest


def test_what_is_set_lies_over_the_base(library: Library, weights_file: Path) -> None:
    text = "FROM ./weights.gguf\nSYSTEM one\nPARAMETER top_k 1\nPARAMETER num_ctx 1\nLICENSE MIT"
    base = create(library, NAME, recipe(text, weights_file.parent))
    model = create(library, OTHER, recipe("FROM mine\nSYSTEM two\nPARAMETER num_ctx 2", weights_file.parent))
    assert model.weights == base.weights
    assert model.system == "two"
    assert model.parameters == Parameters(top_k=1, num_ctx=2)
    assert model.licenses == ("MIT",)
    assert base.system == "one"


def test_a_model_is_made_over_itself(library: Library, weights_file: Path) -> None:
    create(library, NAME, recipe("FROM ./weights.gguf\nSYSTEM one", weights_file.parent))
    create(library, NAME, recipe("FROM mine\nSYSTEM two", weights_file.parent))
    assert library.get(NAME).system == "two"
    assert len([model for model in library.list() if not model.bundled]) == 1


def test_the_bundled_model_can_be_built_upon_and_copied(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = bundled.model_of(ggufs.write(tmp_path / "tiny.gguf"))
    monkeypatch.setattr("puna.library.library.bundled", lambda: tiny)
    made = create(library, NAME, recipe("FROM tiny\nPARAMETER num_ctx 64", tmp_path))
    assert made.weights.read_bytes() == tiny.weights.read_bytes()
    copied = library.copy(ModelName.parse("tiny"), OTHER)
    assert copied.digest == tiny.digest
    assert not copied.bundled
    assert library.verify(OTHER) == []
    with pytest.raises(ProtectedModel):
        library.delete(ModelName.parse("Tiny:latest"))
    with pytest.raises(ProtectedModel):
        library.copy(NAME, ModelName.parse("tiny"))
    with pytest.raises(ProtectedModel):
        create(library, ModelName.parse("tiny"), recipe("FROM mine", tmp_path))
    library.delete(NAME)
    library.delete(OTHER)
    assert library.get(ModelName.parse("tiny")).weights.exists()


@pytest.mark.parametrize(
    ("text", "error", "problem"),
    [
        ("FROM nothere", ModelNotFound, "model 'nothere:latest' not found"),
        ("FROM ./nothere.gguf", InvalidRequest, "there is no file or folder './nothere.gguf'"),
        ("FROM ./wrong.gguf", InvalidRequest, r"'\./wrong\.gguf': not a GGUF file"),
        ("FROM ./cut.gguf", InvalidRequest, r"'\./cut\.gguf': the GGUF file is cut off"),
        ("FROM ./weights.gguf\nADAPTER ./nothere", InvalidRequest, "there is no adapter './nothere'"),
        ("FROM ./weights.gguf\nADAPTER ./weights.gguf", InvalidRequest, "not a LoRA adapter"),
        ("FROM ./weights.gguf\nDRAFT ./nothere", InvalidRequest, "there is no draft './nothere'"),
        ("FROM ./weights.gguf\nDRAFT ./lora.gguf", InvalidRequest, "'./lora.gguf' is not a model"),
        ("FROM ./weights.gguf\nDRAFT ./stranger.gguf", InvalidRequest, "a model with the same tokens"),
        ("FROM ./weights.gguf\nFROM ./other.gguf", InvalidRequest, "one file with a model's weights, not 2"),
        ("FROM ./weights.gguf\nFROM mine", InvalidRequest, "FROM has to name one model"),
        ("FROM ./part.gguf", InvalidRequest, "one part of several"),
        ("FROM ./weights.gguf\nSYSTEM x\nTEMPLATE {{ .Nonsense }}", InvalidRequest, "'.Nonsense' is unknown"),
        ("FROM ./weights.gguf\nSYSTEM x\nTEMPLATE {{ if }}", InvalidRequest, "template line 1"),
        ("FROM ../../mine", InvalidRequest, "there is no file or folder"),
        ("FROM mi ne", InvalidRequest, "invalid model name"),
    ],
)
def test_what_can_not_be_made_changes_nothing(
    library: Library,
    root: Path,
    weights_file: Path,
    tmp_path: Path,
    text: str,
    error: type[Exception],
    problem: str,
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    whole = weights_file.read_bytes()
    (folder / "weights.gguf").write_bytes(whole)
    (folder / "cut.gguf").write_bytes(whole[:-1])
    (folder / "wrong.gguf").write_bytes(b"GGML" + whole[4:])
    ggufs.write(folder / "other.gguf", rows=5)
    ggufs.write(folder / "part.gguf", values={"split.count": 2})
    ggufs.write(folder / "lora.gguf", values={"general.type": "adapter"})
    others = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": ["a", "b"]}
    ggufs.write_tensors(folder / "stranger.gguf", "llama", others, {})
    create(library, NAME, recipe("FROM ./weights.gguf\nSYSTEM before", folder))
    before = files(root)
    with pytest.raises(error, match=problem):
        create(library, NAME, recipe(text, folder))
    assert files(root) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_changes_nothing(tmp_path: Path, weights_file: Path) -> None:
    import subprocess

    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        library = Library(disk / "models")
        create(library, NAME, recipe("FROM ./weights.gguf", weights_file.parent))
        before = files(disk)
        big = ggufs.write(tmp_path / "big.gguf", rows=2000)
        with pytest.raises(StoreFailed, match="No space left on device"):
            create(library, OTHER, recipe(f"FROM {big}", tmp_path))
        assert files(disk) == before
    finally:
        subprocess.run(["umount", str(disk)], check=True)  # noqa: S607


@pytest.mark.parametrize("name", ["Q8_0", "q4_0", "f16", "BF16", "Q5_1"])
def test_weights_are_quantized(library: Library, tmp_path: Path, name: str) -> None:
    path = tmp_path / "m.gguf"
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 64)).astype(np.float32)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_token_list(["a", "b"])
    writer.add_array("llama.some.numbers", [1, 2, 3])
    writer.add_tensor("blk.0.ffn_up.weight", values)
    writer.add_tensor("blk.0.attn_norm.weight", values[0])
    writer.add_tensor("blk.0.odd.weight", values[:, :33])
    finish(writer)
    model = create(library, NAME, recipe("FROM ./m.gguf", tmp_path, quantize=name))
    assert model.config.quantization == name.upper()
    assert model.metadata.array("tokenizer.ggml.tokens") == ["a", "b"]
    assert model.metadata.array("llama.some.numbers") == [1, 2, 3]
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(model.weights).tensors}
    matrix = tensors["blk.0.ffn_up.weight"]
    assert matrix.tensor_type.name == name.upper()
    read = gguf.dequantize(matrix.data, matrix.tensor_type).reshape(values.shape)
    assert np.corrcoef(read.ravel(), values.ravel())[0, 1] > 0.99
    assert tensors["blk.0.attn_norm.weight"].tensor_type.name == "F32"
    assert tensors["blk.0.odd.weight"].tensor_type.name in ("F16", "BF16")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Q6_K", ["Q6_K"] * 3 + ["Q8_0"]),
        ("q5_k_s", ["Q5_K", "Q5_K", "Q6_K", "Q5_1"]),
        ("Q4_K_M", ["Q4_K", "Q6_K", "Q6_K", "Q5_0"]),
        ("Q3_K_M", ["Q3_K", "Q4_K", "Q6_K", "Q4_0"]),
        ("Q2_K", ["Q2_K", "Q3_K", "Q6_K", "Q4_0"]),
    ],
)
def test_k_types_are_written_by_the_engines_library(
    library: Library, tmp_path: Path, name: str, expected: list[str]
) -> None:
    path = tmp_path / "m.gguf"
    values = np.random.default_rng(0).normal(size=(4, 512)).astype(np.float32)
    writer = gguf.GGUFWriter(path, "llama")
    names = ["blk.0.ffn_up.weight", "blk.0.ffn_down.weight", "output.weight", "blk.0.ffn_gate.weight"]
    for each in names:
        writer.add_tensor(each, values[:, :96].copy() if each == names[-1] else values)
    finish(writer)
    model = create(library, NAME, recipe("FROM ./m.gguf", tmp_path, quantize=name))
    assert model.config.quantization == name.upper()
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(model.weights).tensors}
    assert [tensors[each].tensor_type.name for each in names] == expected
    for tensor in tensors.values():
        read = gguf.dequantize(tensor.data, tensor.tensor_type)
        least = 0.9 if tensor.tensor_type.name in ("Q2_K", "Q3_K") else 0.99
        assert np.corrcoef(read.ravel(), values[:, : read.shape[1]].ravel())[0, 1] > least


def test_a_type_that_can_not_be_written_is_refused(library: Library, weights_file: Path) -> None:
    with pytest.raises(InvalidRequest, match="can't quantize to 'iq3_m'; the types that can be written are F32, F16"):
        create(library, NAME, recipe("FROM ./weights.gguf", weights_file.parent, quantize="iq3_m"))


def test_what_is_quantized_is_not_quantized_again(library: Library, weights_file: Path) -> None:
    create(library, NAME, recipe("FROM ./weights.gguf", weights_file.parent, quantize="q8_0"))
    with pytest.raises(InvalidRequest, match="the weights are Q8_0 already"):
        create(library, OTHER, recipe("FROM mine", weights_file.parent, quantize="q4_0"))
