"""Folders of diffusers: a `model_index.json`, and a folder for each part of the pipeline."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from puna.core.errors import DamagedModel

PACKAGES = ("torch", "diffusers", "transformers")

INDEX = "model_index.json"
TOP = ("LICENSE", "LICENSE.md", "LICENSE.txt")
TEXTS = (".json", ".txt", ".model", ".jinja")
"""How the names end of a part's files beside its weights."""
WEIGHTS = ".safetensors"
PARTS_OF = ("diffusers", "transformers", "stable_diffusion")
"""Packages, and a room of diffusers, that a part's class may come from: nobody's own code is run."""
PUBLISHED = {
    "ZImagePipeline": "hf.co/Tongyi-MAI/Z-Image-Turbo",
    "Flux2KleinPipeline": "hf.co/black-forest-labs/FLUX.2-klein-4B",
}
"""Where the models are published that others keep in layouts of their own, by their pipelines."""
MOST_HEADER = 100 * 2**20
"""Bytes; what says that it has more is no safetensors file."""


def read_index(path: Path) -> dict[str, Any]:
    """A pipeline's description. Raises DamagedModel where it is none."""
    try:
        index = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise DamagedModel(path, "not JSON") from error
    problem = index_problem(index)
    if problem:
        raise DamagedModel(path, problem)
    found: dict[str, Any] = index
    return found


def index_problem(index: Any) -> str | None:
    """Why that describes no pipeline that may be run."""
    if not isinstance(index, dict) or not isinstance(index.get("_class_name"), str):
        return "it does not name a diffusers pipeline"
    for name, (package, _) in parts(index).items():
        if package not in PARTS_OF and not package.isidentifier():
            return f"its part '{name}' needs code of its own, which Puna does not run"
    return None


def parts(index: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The parts of a pipeline: of each the package and the class."""
    return {
        name: (str(value[0]), str(value[1]))
        for name, value in index.items()
        if not name.startswith("_") and isinstance(value, list) and len(value) == 2 and value[0] is not None
    }


def pipeline_class(files: Mapping[str, Path]) -> str | None:
    """The name of a pipeline's class; None where there is none to be read."""
    if INDEX not in files:
        return None
    try:
        return str(orjson.loads(files[INDEX].read_bytes())["_class_name"])
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return None


def instead_of_tensors(files: Mapping[str, Path]) -> str:
    """Why a model that makes images with a file for each tensor is not run, and what to pull in its place."""
    instead = PUBLISHED.get(pipeline_class(files) or "", "its own repository, hf.co/OWNER/REPOSITORY,")
    return (
        "This image model is in Ollama's layout, with a file for each tensor, which Puna can't run: "
        f"pull {instead} instead."
    )


def chosen(names: Mapping[str, int], index: Mapping[str, Any]) -> dict[str, str]:
    """The files of a repository that a pipeline is made of, by the names that they get.

    Of weights those in safetensors, and where there are some of half precision beside the others, those. Raises
    ValueError with the name of a part that has weights, but no safetensors.
    """
    found = {name: name for name in names if name == INDEX or name in TOP}
    for part in parts(index):
        inside = [name for name in names if name.startswith(f"{part}/") and name.count("/") == 1]
        found |= {name: name for name in inside if name.endswith(TEXTS)}
        weights = _weights(inside)
        if not weights and any(name.endswith((".bin", ".pt", ".ckpt", ".msgpack")) for name in inside):
            raise ValueError(part)
        found |= weights
    return found


def _weights(inside: list[str]) -> dict[str, str]:
    names = [name for name in inside if name.endswith(WEIGHTS)]
    halves = {name.replace(".fp16.", "."): name for name in names if name.endswith(f".fp16{WEIGHTS}")}
    plain = {name for name in names if name.count(".") == 1}
    if halves and len(plain) <= len(halves) and not any("-of-" in name for name in names):
        return halves
    return {name: name for name in plain}


def count_numbers(paths: Iterable[Path]) -> Counter[str]:
    """How many numbers of each type the tensors of safetensors files have, by their headers. Raises DamagedModel."""
    found: Counter[str] = Counter()
    for path in paths:
        try:
            with path.open("rb") as file:
                size = int.from_bytes(file.read(8), "little")
                if size > MOST_HEADER:
                    raise DamagedModel(path, "not a safetensors file")
                header = orjson.loads(file.read(size))
            for name, tensor in header.items():
                if name != "__metadata__":
                    found[str(tensor["dtype"])] += math.prod(tensor["shape"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedModel(path, "not a safetensors file") from error
    return found


def installed() -> bool:
    """Whether the packages are there that run a pipeline: Puna's extra `images`."""
    return all(find_spec(name) for name in PACKAGES)
