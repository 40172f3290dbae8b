"""Models that make images, in the store."""

import json
from pathlib import Path

import pytest

from puna.core.errors import InvalidRequest, PunaError
from puna.library.creation import create
from puna.library.library import Library
from puna.library.modelfile import Modelfile
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from puna.library.recipe import Recipe
from tests import pipelines

MINE = ModelName.parse("mine")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return pipelines.write(tmp_path / "pipeline", pipelines.files())


def test_a_folder_makes_a_model_that_is_listed_copied_and_removed(folder: Path, tmp_path: Path) -> None:
    library = Library(tmp_path / "models")
    model = create(library, MINE, Recipe.of(Modelfile.parse("FROM ./pipeline"), tmp_path))
    assert (model.kind, model.capabilities) == ("diffusers", ("image",))
    assert set(model.files) == pipelines.WANTED
    unet = "unet/diffusion_pytorch_model"
    assert model.files[f"{unet}.safetensors"].read_bytes() == (folder / f"{unet}.fp16.safetensors").read_bytes()
    assert (model.config.family, model.config.parameter_size, model.config.quantization) == (
        "StableDiffusionPipeline", "1K", "F16",
    )  # fmt: skip
    assert [row.config.format for row in library.list() if row.name == "mine:latest"] == ["diffusers"]
    assert library.verify(MINE) == []
    assert library.copy(MINE, ModelName.parse("second")).files == model.files
    library.delete(MINE)
    assert all(path.exists() for path in library.get(ModelName.parse("second")).files.values())
    library.delete(ModelName.parse("second"))
    assert not any((tmp_path / "models" / "blobs").iterdir())


def test_a_model_is_made_of_another_one_with_parameters(folder: Path, tmp_path: Path) -> None:
    library = Library(tmp_path / "models")
    first = create(library, MINE, Recipe(folder=folder))
    second = create(library, ModelName.parse("two"), Recipe(base=MINE, parameters=Parameters(num_thread=1)))
    assert second.files == first.files
    assert second.capabilities == ("image",)
    assert second.parameters.num_thread == 1
    for change in ("template", "system", "quantize"):
        with pytest.raises(InvalidRequest, match=f"an image model can't have '{change}'"):
            create(library, ModelName.parse("three"), Recipe(base=MINE, **{change: "q8_0"}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_index.json": b"{"}, "not JSON"),
        ({"model_index.json": b"{}"}, "not name a diffusers pipeline"),
        ({"model_index.json": json.dumps({"_class_name": ["my", "Own"]}).encode()}, "not name a diffusers pipeline"),
        (
            {"model_index.json": json.dumps({**pipelines.INDEX, "unet": ["my.own", "Net"]}).encode()},
            "code of its own",
        ),
        ({"unet/diffusion_pytorch_model.fp16.safetensors": b"no such thing"}, "not a safetensors file"),
    ],
)
def test_what_is_no_pipeline_is_refused(tmp_path: Path, change: dict[str, bytes], message: str) -> None:
    folder = pipelines.write(tmp_path / "pipeline", pipelines.files(**change))
    with pytest.raises(PunaError, match=message):
        create(Library(tmp_path / "models"), MINE, Recipe(folder=folder))


def test_weights_that_may_run_code_are_refused(tmp_path: Path) -> None:
    contents = {name: content for name, content in pipelines.files().items() if "safetensors" not in name}
    folder = pipelines.write(tmp_path / "pipeline", contents)
    with pytest.raises(InvalidRequest, match="'unet' has its weights only in a format that may run code"):
        create(Library(tmp_path / "models"), MINE, Recipe(folder=folder))
