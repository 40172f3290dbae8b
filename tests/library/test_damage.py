"""Files that are no models, or damaged ones: each refusal says why, and leaves nothing behind."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puna.core.errors import DamagedModel, InvalidRequest
from puna.library.creation import create
from puna.library.digest import Digest
from puna.library.library import Library
from puna.library.modelfile import Modelfile
from puna.library.names import ModelName
from puna.library.quantization import quantize
from puna.library.recipe import Recipe
from tests.library import ggufs

NAME = ModelName.parse("m")


def recipe(source: str, folder: Path) -> Recipe:
    return Recipe.of(Modelfile.parse(f"FROM {source}".encode()), folder)


@pytest.mark.skipif(os.name == "nt", reason="there are no such files")
def test_what_is_no_model_is_not_even_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty.gguf").write_bytes(b"")
    (tmp_path / "text.gguf").write_text("GGU")
    (tmp_path / "link.gguf").symlink_to("/etc/shadow")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "secrets.json").write_text("{}")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "model.safetensors").write_bytes(b"")
    for source, problem in (
        ("/etc/shadow", "not a GGUF file"), ("/etc/passwd", "not a GGUF file"), ("/dev/zero", "is not a file"),
        ("./fifo", "is not a file"), ("/dev/stdin", "is not|can't be read"), ("./empty.gguf", "not a GGUF file"),
        ("./text.gguf", "not a GGUF file"), ("./link.gguf", "not a GGUF file"), ("/proc/self/environ", "not a GGUF"),
        ("./folder", "a folder needs"), ("/etc", "a folder needs"), ("/", "a folder needs"),
        ("./weights", "a folder needs"), ("./missing.gguf", "there is no file"),
    ):  # fmt: skip
        with pytest.raises(InvalidRequest, match=problem):
            recipe(source, tmp_path)
        adapter = f"FROM tiny\nADAPTER {source}".encode()
        with pytest.raises(InvalidRequest):
            Recipe.of(Modelfile.parse(adapter), tmp_path)


def test_a_refused_file_is_not_kept(library: Library, tmp_path: Path) -> None:
    content = b"GGUF but no more of one"
    digest = library.store.staging.add_stream([content], Digest.of(content))
    with pytest.raises(InvalidRequest, match=r"'m\.gguf'"):
        create(library, NAME, Recipe(files={"m.gguf": library.store.locate(digest)}))
    assert [*library.store.staging.folder.iterdir()] == []


@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), cut=st.floats(0, 1))
def test_a_damaged_file_is_quantized_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: float, byte: int, cut: float
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = bytearray(ggufs.write(folder / "whole.gguf").read_bytes())
    content[int(place * len(content))] = byte
    (folder / "damaged.gguf").write_bytes(content[: max(4, int(len(content) * min(1, cut * 2)))])
    with suppress(DamagedModel, InvalidRequest):
        quantize(folder / "damaged.gguf", folder / "out.gguf", "F16")
