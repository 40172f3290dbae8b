"""Single quirks of files, each in a header of its own, and the tensors that are computed."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puna.formats.gguf import Metadata
from puna.library.layouts.computed import join, pair_rotations, shift, split_frames, take_row
from puna.library.layouts.gptoss import _pairs
from puna.library.layouts.nemotron import scaled
from puna.library.layouts.rewrite import Rewrite, read
from puna.library.layouts.table import Translation, translation
from tests.library.ggufs import write_tensors
from tests.library.layouts.toys import Tensors

Open = Callable[..., Metadata]


@pytest.fixture
def header(tmp_path: Path) -> Open:
    def made(architecture: str, values: dict[str, Any], tensors: Tensors | None = None) -> Metadata:
        matrix = {"token_embd.weight": np.zeros((4, 8), np.float16)}
        return Metadata.read(write_tensors(tmp_path / "m.gguf", architecture, values, tensors or matrix))

    return made


def translated(metadata: Metadata) -> Translation:
    found = translation(metadata)
    assert found
    return found


def content(rewrite: Rewrite, name: str) -> bytes:
    piece = rewrite.pieces[name]
    with rewrite.source.path.open("rb") as file:
        raw = b"".join(read(file, piece))
    assert len(raw) == piece.nbytes
    return raw


def numbers(rewrite: Rewrite, name: str, kind: Any = np.float32) -> np.ndarray[Any, Any]:
    return np.frombuffer(content(rewrite, name), kind).reshape(rewrite.pieces[name].shape[::-1])


def llama3(**values: Any) -> dict[str, Any]:
    tokens = [f"t{number}" for number in range(128_010)]
    tokens[128_006], tokens[128_009] = "<|start_header_id|>", "<|eot_id|>"
    return {"tokenizer.ggml.tokens": tokens, "tokenizer.ggml.eos_token_id": 128_001, **values}


def test_llama_3_ends_its_answers(header: Open) -> None:
    rewrite = translated(header("llama", llama3())).weights
    ids = [rewrite.get(f"tokenizer.ggml.{role}_token_id") for role in ("eos", "eot")]
    assert (ids, rewrite.get("tokenizer.ggml.pre")) == ([128_009] * 2, "llama-bpe")


def test_a_llama_3_that_says_all_is_left_alone(header: Open) -> None:
    whole = {"tokenizer.ggml.pre": "llama-bpe", "tokenizer.ggml.eos_token_id": 128_009}
    assert translation(header("llama", llama3(**whole))) is None
    assert translation(header("llama", {"tokenizer.ggml.tokens": ["a"]})) is None


def test_a_table_of_characters_written_as_text_becomes_bytes(header: Open) -> None:
    letters = base64.b64encode(bytes(range(40))).decode()
    rewrite = translated(header("bert", {"tokenizer.ggml.precompiled_charsmap": [*letters]})).weights
    assert rewrite.get("tokenizer.ggml.precompiled_charsmap") == bytes(range(40))


def test_an_old_projector_is_of_the_one_kind_there_was(header: Open) -> None:
    rewrite = translated(header("clip", {"clip.has_vision_encoder": True, "clip.vision.block_count": 2})).weights
    assert rewrite.get("clip.projector_type") == "mlp"
    assert rewrite.get("clip.vision.block_count") == 2
    kind = {"clip.has_vision_encoder": True, "clip.projector_type": "ldp"}
    assert translation(header("clip", kind)) is None


def test_glm_flash_keeps_the_widths_of_its_heads(header: Open) -> None:
    """That of the values need not be that of the keys."""
    keys = {"key_length": 64, "value_length": 48, "kv_lora_rank": 32, "head_count_kv": 4}
    values = {f"glm4moelite.attention.{key}": value for key, value in keys.items()}
    rewrite = translated(header("glm4moelite", {**values, "glm4moelite.rope.dimension_count": 16})).weights
    found = {key: rewrite.get(f"deepseek2.attention.{key}") for key in (*keys, "key_length_mla", "value_length_mla")}
    wanted = {"key_length": 48, "value_length": 32, "kv_lora_rank": 32, "head_count_kv": 1}
    assert found == wanted | {"key_length_mla": 64, "value_length_mla": 48}


def test_bytes_and_marks_of_gemma_4_are_told_from_other_tokens(header: Open) -> None:
    tokens = {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": ["a", "<0x0A>", "<|channel>", "<turn|>", '<|"|>'],
        "tokenizer.ggml.token_type": [1, 1, 3, 3, 3],
    }
    rewrite = translated(header("gemma4", tokens)).weights
    assert rewrite.get("tokenizer.ggml.token_type") == [1, 6, 4, 3, 4]


def test_gemma_3_is_not_capped(header: Open) -> None:
    """Ollama's converter wrote Gemma 2's cap into files of the sizes without eyes."""
    rewrite = translated(header("gemma3", {"gemma3.final_logit_softcapping": 30.0})).weights
    assert rewrite.get("gemma3.final_logit_softcapping") is None


def test_laguna_has_new_names(header: Open) -> None:
    rewrite = translated(
        header(
            "laguna",
            {"laguna.rope.swa.freq_base": 5.0, "laguna.rope.scaling.beta_fast": 64.0},
            {"blk.0.attn_g.weight": np.zeros((2, 2), np.float32)},
        )
    ).weights
    assert rewrite.get("laguna.rope.freq_base_swa") == 5.0
    assert rewrite.get("laguna.rope.scaling.yarn_beta_fast") == 64.0
    assert [*rewrite.pieces] == ["blk.0.attn_gate.weight"]


def test_what_guesses_ahead_is_a_layer_behind_the_others(header: Open) -> None:
    ones = np.ones(4, np.float32)
    tensors = {
        "blk.0.attn_norm.weight": ones,
        "mtp.fc.weight": np.zeros((4, 8), np.float16),
        "mtp.norm.weight": ones,
        "mtp.pre_fc_norm_hidden.weight": ones,
        "mtp.layers.0.attn_norm.weight": ones,
        "mtp.layers.0.mlp.experts.1.up_proj.weight": np.full((2, 4), 2, np.float16),
        "mtp.layers.0.mlp.experts.0.up_proj.weight": np.full((2, 4), 1, np.float16),
    }
    rewrite = translated(header("qwen35moe", {"qwen35moe.block_count": 1}, tensors)).weights
    assert rewrite.get("qwen35moe.block_count") == 2
    assert rewrite.get("qwen35moe.nextn_predict_layers") == 1
    assert {*rewrite.pieces} == {
        "blk.0.attn_norm.weight",
        "blk.1.attn_norm.weight",
        "blk.1.ffn_up_exps.weight",
        "blk.1.nextn.eh_proj.weight",
        "blk.1.nextn.hnorm.weight",
        "blk.1.nextn.shared_head_norm.weight",
    }
    assert numbers(rewrite, "blk.1.ffn_up_exps.weight", np.float16)[:, 0, 0].tolist() == [1, 2]
    assert numbers(rewrite, "blk.1.nextn.hnorm.weight").tolist() == [2] * 4
    assert numbers(rewrite, "blk.0.attn_norm.weight").tolist() == [1] * 4


def test_deepseek_ocr_says_how_wide_its_experts_are(header: Open) -> None:
    tensors = {
        "blk.1.ffn_down_exps.weight": np.zeros((3, 8, 16), np.float16),
        "blk.1.ffn_down_shexp.weight": np.zeros((8, 32), np.float16),
        "s.blk.0.attn.rel_pos_h": np.zeros((2, 2), np.float32),
        "s.position_embd": np.zeros((2, 2), np.float32),
        "v.blk.0.self_attn.qkv_proj.weight": np.zeros((2, 2), np.float16),
        "mm.layers.weight": np.zeros((2, 2), np.float16),
    }
    found = translated(header("deepseekocr", {"deepseekocr.sam.block_count": 12}, tensors))
    assert found.weights.get("general.architecture") == "deepseek2-ocr"
    assert found.weights.get("deepseek2-ocr.expert_feed_forward_length") == 16
    assert found.weights.get("deepseek2-ocr.expert_shared_count") == 2
    assert found.projector
    assert {*found.projector.pieces} == {
        "v.sam.blk.0.attn.pos_h.weight",
        "v.sam.pos_embd.weight",
        "v.blk.0.attn_qkv.weight",
        "mm.model.fc.weight",
    }


def test_the_first_gpt_oss_files_have_gates_and_values_in_one_tensor(header: Open) -> None:
    """A row of each in turn, and in a block 0 beside 1 where ggml has 0 beside 16."""
    raw = np.arange(2 * 4 * 17, dtype=np.uint8).reshape(2, 4, 17)
    rewrite = translated(header("gptoss", {}, {"blk.0.ffn_gate_up_exps.weight": raw})).weights
    assert rewrite.get("gpt-oss.expert_feed_forward_length") == 2
    for number, part in enumerate(("gate", "up")):
        assert content(rewrite, f"blk.0.ffn_{part}_exps.weight") == raw[:, number::2].tobytes()
    assert rewrite.shape("blk.0.ffn_gate_exps.weight") == rewrite.shape("blk.0.ffn_up_exps.weight") == (32, 2, 2)
    block = np.concatenate([[7], np.arange(16)]).astype(np.uint8)
    low, high = block[1:9], block[9:]
    paired = _pairs(block)[0]
    assert paired[0] == 7
    assert paired[1::2].tolist() == ((low & 15) | (high << 4)).tolist()
    assert paired[2::2].tolist() == ((low >> 4) | (high & 0xF0)).tolist()


def test_tensors_are_joined_split_paired_and_shifted(header: Open) -> None:
    random = np.random.default_rng(0)
    matrices = {name: random.random((4, 8)).astype(np.float16) for name in ("q", "k", "v")}
    frames = random.random((6, 2, 3, 3)).astype(np.float16)  # channels out and in as one axis, then frames
    halves = np.arange(8, dtype=np.float32).reshape(8, 1)
    tensors = {**matrices, "frames": frames, "halves": halves, "norm": np.zeros(4, np.float32)}
    rewrite = Rewrite.text(header("x", {}, tensors))
    join(rewrite, "qkv", "q", "k", "v")
    split_frames(rewrite, "frames", 3, "first", "second")
    pair_rotations(rewrite, 2, "halves")
    shift(rewrite, "norm")
    take_row(rewrite, "row", "k", 2)
    assert (numbers(rewrite, "qkv", np.float16) == np.concatenate([*matrices.values()])).all()
    packed = frames.reshape(2, 3, 2, 3, 3)
    assert (numbers(rewrite, "first", np.float16) == packed[:, :, 0]).all()
    assert (numbers(rewrite, "second", np.float16) == packed[:, :, 1]).all()
    assert numbers(rewrite, "halves").ravel().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    assert numbers(rewrite, "norm").tolist() == [1] * 4
    assert (numbers(rewrite, "row") == matrices["k"][2].astype(np.float32)).all()


def test_a_table_of_positions_is_scaled_corner_on_corner() -> None:
    table = np.arange(9, dtype=np.float32).reshape(9, 1)
    assert scaled(table, 3, 2).ravel().tolist() == [0, 2, 6, 8]
    assert scaled(table, 3, 3) is table
