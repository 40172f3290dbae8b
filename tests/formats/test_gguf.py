from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from puna.core.errors import DamagedModel
from puna.formats.gguf import FILE_TYPES, TENSOR_TYPES, Metadata
from tests.library import ggufs
from tests.library.ggufs import finish


def test_a_header_tells_what_the_model_is(tmp_path: Path) -> None:
    path = ggufs.write(
        tmp_path / "m.gguf",
        values={
            "llama.attention.head_count_kv": [2, 1],
            "tokenizer.chat_template": "{{ messages }}",
            "general.sampling.temp": 0.5,
            "general.sampling.top_k": 20,
            "tokenizer.ggml.fim_pre_token_id": 3,
        },
    )
    metadata = Metadata.read(path)
    assert metadata.architecture == "llama"
    assert metadata.context_length == 256
    assert metadata.block_count == 2
    assert metadata.embedding_length == 32
    assert metadata.head_count == 4
    assert metadata.head_count_kv == 2
    assert metadata.key_length == metadata.value_length == 8
    assert metadata.vocabulary_size == len(ggufs.TOKENS)
    assert metadata.array("tokenizer.ggml.tokens") == ggufs.TOKENS
    assert metadata.chat_template == "{{ messages }}"
    assert metadata.sampling == {"temp": 0.5, "top_k": 20}
    assert metadata.special_tokens == {"bos": 1, "eos": 2, "fim_pre": 3}
    assert metadata.file_type == "Q8_0"
    assert metadata.parameter_count == 8 * 32
    assert metadata.pooling is None
    assert metadata.causal


def test_an_encoder_says_how_it_pools(tmp_path: Path) -> None:
    path = ggufs.write(
        tmp_path / "m.gguf",
        architecture="bert",
        values={"bert.pooling_type": 1, "bert.attention.causal": False},
    )
    metadata = Metadata.read(path)
    assert metadata.pooling == "mean"
    assert not metadata.causal


def test_what_is_missing_is_none(tmp_path: Path) -> None:
    metadata = Metadata.read(ggufs.write(tmp_path / "m.gguf", architecture="mamba"))
    assert metadata.chat_template is None
    assert metadata.sliding_window is None
    assert metadata.sampling == {}


def test_a_file_that_does_not_say_its_type_has_that_of_most_weights(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tensor("norm.weight", np.ones(32, dtype=np.float32))
    writer.add_tensor("output.weight", np.ones((32, 32), dtype=np.float16))
    finish(writer)
    assert Metadata.read(path).file_type == "F16"


@pytest.mark.parametrize("content", [b"", b"GG", b"GGML\0\0\0\0", b"\0" * 100, b'{"model": 1}'])
def test_what_is_no_gguf_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.gguf"
    path.write_bytes(content)
    with pytest.raises(DamagedModel, match=r"weights\.gguf: not a GGUF file"):
        Metadata.read(path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF\0\0\0\3" + b"\0" * 16)
    with pytest.raises(DamagedModel, match="version 50331648 is not supported"):
        Metadata.read(path)


def test_every_cut_is_seen(tmp_path: Path) -> None:
    whole = ggufs.write(tmp_path / "whole.gguf").read_bytes()
    cut = tmp_path / "cut.gguf"
    for length in [*range(4, len(whole) - 1024, 7), len(whole) - 1]:
        cut.write_bytes(whole[:length])
        with pytest.raises(DamagedModel, match=r"cut\.gguf"):
            Metadata.read(cut)


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return ggufs.write(tmp_path_factory.mktemp("gguf") / "whole.gguf").read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(data=st.data())
def test_damage_is_an_error_of_ours_or_harmless(tmp_path: Path, whole_file: bytes, data: st.DataObject) -> None:
    whole = bytearray(whole_file)
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(4, len(whole) - 1024))] = data.draw(st.integers(0, 255))
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(whole)
    try:
        metadata = Metadata.read(damaged)
    except DamagedModel:
        return
    assert metadata.parameter_count >= 0


def test_a_length_that_no_file_can_have_is_damage(tmp_path: Path, whole_file: bytes) -> None:
    damaged = tmp_path / "damaged.gguf"
    first_key = 24  # after magic, version and the two counts comes the length of the first key
    damaged.write_bytes(whole_file[:first_key] + b"\xff" * 8 + whole_file[first_key + 8 :])
    with pytest.raises(DamagedModel, match="damaged or cut off"):
        Metadata.read(damaged)


def test_the_tables_are_those_of_the_gguf_package() -> None:
    import gguf

    expected = {int(kind): (kind.name, *size) for kind, size in gguf.GGML_QUANT_SIZES.items()}
    assert expected == TENSOR_TYPES
    types = {int(kind): kind.name.removeprefix("ALL_").removeprefix("MOSTLY_") for kind in gguf.LlamaFileType}
    del types[gguf.LlamaFileType.GUESSED]
    assert types == FILE_TYPES
