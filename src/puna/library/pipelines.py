"""Models that make images: the files of a diffusers folder, and what lists show of them."""

from collections.abc import Mapping
from pathlib import Path

from puna.core.errors import DamagedModel, InvalidRequest
from puna.formats.pipeline import INDEX, WEIGHTS, chosen, count_numbers, read_index
from puna.library.config import Config, count_text

FORMAT = "diffusers"


def is_pipeline(folder: Path) -> bool:
    """Whether a folder holds a pipeline of diffusers."""
    return (folder / INDEX).is_file()


def pipeline_files(folder: Path) -> dict[str, Path]:
    """The files of a folder that its pipeline is made of. Raises InvalidRequest where it can't be one."""
    names = {path.relative_to(folder).as_posix(): 0 for path in folder.rglob("*") if path.is_file()}
    try:
        found = chosen(names, read_index(folder / INDEX))
    except DamagedModel as error:
        raise InvalidRequest(f"'{INDEX}': {error.problem}", param="files") from error
    except ValueError as error:
        raise without_safetensors(str(error)) from error
    return {name: folder / source for name, source in found.items()}


def without_safetensors(part: str) -> InvalidRequest:
    """The refusal of weights in a format that runs code when it is read."""
    return InvalidRequest(f"the part '{part}' has its weights only in a format that may run code, not in safetensors")


def pipeline_config(files: Mapping[str, Path]) -> Config:
    """What lists show of a pipeline. Raises DamagedModel."""
    family = str(read_index(files[INDEX])["_class_name"])
    numbers = count_numbers(path for name, path in files.items() if name.endswith(WEIGHTS))
    return Config(
        format=FORMAT,
        family=family,
        families=(family,),
        parameter_size=count_text(numbers.total()),
        quantization=numbers.most_common(1)[0][0] if numbers else "",
        capabilities=("image",),
    )
