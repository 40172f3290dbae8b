"""How pipelines are launched; torch is not needed for that."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from puna.core.errors import InvalidRequest, NotInstalled
from puna.core.footprint import RAM, Footprint
from puna.engines.images import launch
from puna.engines.images.arguments import ImageArguments
from puna.engines.images.launch import PROCESS_BYTES, WORKING_BYTES, plan_images, sized
from puna.engines.images.weights import Weights
from puna.engines.settings import EngineSettings
from puna.library.parameters import Parameters
from tests import pipelines

GB = 10**9
SETTINGS = EngineSettings(memory=Footprint({RAM: 16 * GB}))


@dataclass
class ImageModel:
    """What a plan looks at."""

    files: dict[str, Path]
    kind: str = "diffusers"
    parameters: Parameters = field(default_factory=Parameters)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(launch, "installed", lambda: True)
    folder = pipelines.write(tmp_path, pipelines.files())
    return ImageModel({name: folder / name for name in pipelines.WANTED})


def test_equal_plans_share_an_engine_that_is_counted_with_its_weights(model: Any) -> None:
    first, second = plan_images(model, "draw", SETTINGS), plan_images(model, "draw", SETTINGS)
    assert first
    assert (first, hash(first)) == (second, hash(second))
    assert first.footprint == Footprint({RAM: PROCESS_BYTES + 4 * 1000})
    assert ImageArguments.from_json(first.to_json()).files == first.files
    assert plan_images(model, "chat", SETTINGS) is None


def test_without_the_packages_they_are_named(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "installed", lambda: False)
    with pytest.raises(NotInstalled) as raised:
        plan_images(model, "draw", SETTINGS)
    assert raised.value.extra == "images"


def test_ollamas_layout_is_refused_by_name(model: Any, tmp_path: Path) -> None:
    model.kind = "safetensors"
    with pytest.raises(InvalidRequest, match="file for each tensor") as raised:
        plan_images(model, "draw", SETTINGS)
    assert "hf.co/OWNER/REPOSITORY" in raised.value.message
    (tmp_path / "model_index.json").write_text('{"_class_name": "ZImagePipeline"}')
    with pytest.raises(InvalidRequest, match=r"hf\.co/Tongyi-MAI/Z-Image-Turbo"):
        plan_images(model, "draw", SETTINGS)


@pytest.mark.parametrize(
    ("memory", "precision", "footprint"),
    [
        ({RAM: 32 * GB}, "full", {RAM: 4 * GB + PROCESS_BYTES + WORKING_BYTES}),
        ({RAM: 6 * GB}, "half", {RAM: 2 * GB + PROCESS_BYTES + WORKING_BYTES}),
        ({RAM: 6 * GB, "gpu0": 8 * GB}, "half", {"gpu0": 2 * GB + WORKING_BYTES, RAM: PROCESS_BYTES}),
        (
            {RAM: 6 * GB, "gpu0": GB, "gpu1": 3 * GB},
            "half",
            {"gpu1": 3 * GB, RAM: PROCESS_BYTES + 2 * GB + WORKING_BYTES - 3 * GB},
        ),
    ],
)
def test_precision_and_place_follow_the_memory(
    memory: dict[str, float], precision: str, footprint: dict[str, float]
) -> None:
    """A billion numbers: four bytes each where they fit, two where they don't; on a GPU always two."""
    assert sized(Weights(GB), Footprint(memory)) == (precision, Footprint(footprint))
