"""Translations against what llama.cpp's converter would write: every tensor byte for byte, and every key."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from puna.formats.gguf import Array, Metadata
from puna.library.errors import UnknownLayout
from puna.library.layouts.readable import Readable
from puna.library.layouts.table import LAYOUTS, require_known, translation
from puna.library.layouts.translations import Translations
from tests.library.ggufs import write as write_plain
from tests.library.layouts.toy_gemma3 import write_gemma3
from tests.library.layouts.toy_gptoss import write_gptoss
from tests.library.layouts.toys import Toy

TOYS = [write_gptoss, write_gemma3]


@pytest.fixture(params=TOYS, ids=lambda toy: toy.__name__.removeprefix("write_"))
def toy(request: pytest.FixtureRequest, tmp_path: Path) -> Toy:
    write: Callable[[Path], Toy] = request.param
    return write(tmp_path)


def value(metadata: Metadata, key: str) -> Any:
    found = metadata.values.get(key)
    return metadata.array(key) if isinstance(found, Array | list) else found


def differing(reference: Metadata, translated: Metadata) -> list[str]:
    keys = (key for key in reference.values if not key.startswith("general."))
    return [key for key in keys if value(reference, key) != pytest.approx(value(translated, key))]


def content(path: Path) -> dict[str, tuple[tuple[int, ...], int, bytes]]:
    header, raw = Metadata.read(path), path.read_bytes()
    return {
        tensor.name: (tensor.shape, tensor.kind, raw[header.data_offset + tensor.offset :][: tensor.nbytes])
        for tensor in header.tensors
    }


def test_a_translated_file_is_the_reference(toy: Toy, tmp_path: Path) -> None:
    readable = Readable(toy.published, Translations(tmp_path / "translated"))
    assert content(readable.path) == content(toy.reference)
    assert differing(Metadata.read(toy.reference), Metadata.read(readable.path)) == []
    if toy.projector:
        assert readable.projector
        assert content(readable.projector) == content(toy.projector)
        assert differing(Metadata.read(toy.projector), Metadata.read(readable.projector)) == []
    else:
        assert readable.projector is None


def test_the_header_is_known_before_anything_is_made(toy: Toy, tmp_path: Path) -> None:
    readable = Readable(toy.published, Translations(tmp_path / "translated"))
    reference = Metadata.read(toy.reference)
    assert differing(reference, readable.metadata) == []
    shapes = {(tensor.name, tensor.shape, tensor.kind) for tensor in readable.metadata.tensors}
    assert shapes == {(tensor.name, tensor.shape, tensor.kind) for tensor in reference.tensors}
    assert bool(readable.projector_metadata) == bool(toy.projector)
    assert not (tmp_path / "translated").exists()


def test_a_reference_needs_nothing(toy: Toy) -> None:
    for path in (toy.reference, toy.projector):
        if path:
            header = Metadata.read(path)
            assert translation(header) is None
            require_known(header)


def test_a_tower_in_a_file_that_no_layout_knows_is_refused(tmp_path: Path) -> None:
    header = Metadata.read(write_plain(tmp_path / "mllama.gguf", architecture="mllama"))
    assert translation(header) is None
    with pytest.raises(UnknownLayout, match=r"'mllama'.*hf\.co/"):
        require_known(header)


def test_every_layout_says_why() -> None:
    for layouts in LAYOUTS.values():
        for layout in layouts:
            assert layout.why
            assert not layout.why.endswith(".")
