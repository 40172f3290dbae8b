from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puna.core.errors import DamagedModel, InvalidRequest
from puna.formats.gguf import Metadata
from puna.library.conversion import convert
from puna.library.conversion.tokenizer import PATTERNS
from puna.library.creation import create
from puna.library.library import Library
from puna.library.modelfile import Modelfile
from puna.library.names import ModelName
from puna.library.recipe import Recipe
from tests.library.conversion import checkpoints
from tests.library.conversion.engine import running
from tests.library.conversion.reference import decoder_log_probabilities

CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 260,
    "max_position_embeddings": 256,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "eos_token_id": 257,
    "bos_token_id": 257,
}
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
QWEN = next(pattern for pattern, name in PATTERNS.items() if name == "qwen2")
PROMPT = [40, 7, 191, 3, 3, 250, 100, 12, 77, 5, 130, 9]


@pytest.mark.parametrize(
    ("changes", "dtype", "parts"),
    [
        ({}, "F32", {}),
        ({"architectures": ["MistralForCausalLM"], "tie_word_embeddings": True}, "BF16", {}),
        ({"rope_scaling": LLAMA3, "rope_theta": 500000.0}, "F32", {}),
        ({"rope_scaling": {"rope_type": "linear", "factor": 2.0}}, "F16", {}),
        ({"architectures": ["Qwen2ForCausalLM"]}, "F16", {"biases": True}),
        ({"architectures": ["Qwen3ForCausalLM"], "head_dim": 32}, "F32", {"norms": True}),
    ],
    ids=["llama", "mistral", "llama3", "linear", "qwen2", "qwen3"],
)
def test_a_converted_model_expects_what_the_original_does(
    tmp_path: Path, changes: dict[str, Any], dtype: str, parts: dict[str, bool]
) -> None:
    config = {**CONFIG, **changes}
    weights = checkpoints.decoder(config, **parts)
    folder = checkpoints.save(tmp_path / "m", config, weights, dtype, tokenizer=checkpoints.byte_level(QWEN))
    target = tmp_path / "m.gguf"
    convert(folder, target)
    assert Metadata.read(target).file_type == dtype
    with running(target) as engine:
        answer = engine.post(
            "/completion",
            prompt=PROMPT,
            n_predict=1,
            n_probs=config["vocab_size"],
            cache_prompt=False,
            logit_bias=[[64, 1000]],  # "a": other tokens may end the answer, or be half a letter
        )
    found = {entry["id"]: entry["logprob"] for entry in answer["completion_probabilities"][0]["top_logprobs"]}
    expected = decoder_log_probabilities(config, weights, PROMPT)
    assert len(found) >= 258
    numbers = sorted(found)
    # The engine counts in lower precision than the reference.
    np.testing.assert_allclose([found[number] for number in numbers], expected[numbers], atol=0.05)


def test_a_byte_level_tokenizer_is_kept(tmp_path: Path) -> None:
    tokenizer = checkpoints.byte_level(QWEN)
    names = {"eos_token": "<|end|>", "chat_template": "{{ messages }}", "add_bos_token": False}
    sampling = {"temperature": 0.6, "top_k": 20, "top_p": 0.9, "do_sample": True}
    folder = checkpoints.save(
        tmp_path / "m",
        CONFIG,
        checkpoints.decoder(CONFIG),
        tokenizer=tokenizer,
        tokenizer_config=names,
        generation_config=sampling,
    )
    convert(folder, tmp_path / "m.gguf")
    metadata = Metadata.read(tmp_path / "m.gguf")
    assert metadata.get("tokenizer.ggml.pre") == "qwen2"
    assert metadata.chat_template == "{{ messages }}"
    assert metadata.special_tokens["eos"] == 257
    assert metadata.vocabulary_size == 260
    assert metadata.sampling["top_k"] == 20
    assert metadata.sampling["temp"] == pytest.approx(0.6)
    with running(tmp_path / "m.gguf") as engine:
        tokens = engine.post("/tokenize", content="hey<|end|>", parse_special=True)["tokens"]
        text = engine.post("/detokenize", tokens=tokens[:2])["content"]
    assert tokens == [256, tokenizer["model"]["vocab"]["y"], 257]
    assert text == "hey"


def test_a_sentencepiece_tokenizer_is_kept(tmp_path: Path) -> None:
    tokenizer = checkpoints.sentencepiece()
    pieces = tokenizer["model"]["vocab"]
    config = {**CONFIG, "vocab_size": len(pieces), "bos_token_id": 1, "eos_token_id": 2}
    folder = checkpoints.save(tmp_path / "m", config, checkpoints.decoder(config), tokenizer=tokenizer)
    convert(folder, tmp_path / "m.gguf")
    with running(tmp_path / "m.gguf") as engine:
        tokens = engine.post("/tokenize", content="hello\u00e9")["tokens"]
    assert tokens == [pieces["\u2581hell"], pieces["o"], pieces["<0xC3>"], pieces["<0xA9>"]]


def test_a_folder_makes_a_model(tmp_path: Path, library: Library) -> None:
    folder = checkpoints.save(
        tmp_path / "m", CONFIG, checkpoints.decoder(CONFIG), tokenizer=checkpoints.byte_level(QWEN)
    )
    recipe = Recipe.of(Modelfile.parse(f"FROM {folder}\nSYSTEM x"), tmp_path, quantize="q8_0")
    model = create(library, ModelName.parse("mine"), recipe)
    assert model.config.family == "llama"
    assert model.config.quantization == "Q8_0"
    assert model.system == "x"
    assert [*library.store.staging.folder.iterdir()] == []


@pytest.mark.parametrize(
    ("config", "tokenizer", "problem"),
    [
        (
            {"architectures": ["FalconForCausalLM"]},
            {},
            "'FalconForCausalLM' can't be converted; those that can",
        ),
        ({"architectures": None}, {}, "'unknown' can't be converted"),
        ({"hidden_act": "gelu"}, {}, "the activation 'gelu' can't be converted"),
        ({"rope_scaling": {"type": "dynamic"}}, {}, "scaled by 'dynamic'"),
        ({"rope_scaling": {"type": "llama3"}}, {}, "need factor, high_freq_factor"),
        ({"vocab_size": 100}, {}, "the tokenizer has 258 tokens, but the model only 100"),
        ({}, {"model": {"type": "Unigram"}}, "of the kind 'Unigram'"),
        ({}, checkpoints.byte_level("strange"), "splits texts by 'strange'"),
    ],
)
def test_what_can_not_be_converted_is_named(
    tmp_path: Path, config: dict[str, Any], tokenizer: dict[str, Any], problem: str
) -> None:
    folder = checkpoints.save(
        tmp_path / "m",
        {**CONFIG, **config},
        checkpoints.decoder(CONFIG),
        tokenizer=tokenizer or checkpoints.byte_level(),
    )
    with pytest.raises(InvalidRequest, match=problem):
        convert(folder, tmp_path / "m.gguf")


def test_an_unknown_tensor_is_named(tmp_path: Path) -> None:
    weights = {**checkpoints.decoder(CONFIG), "model.vision.weight": np.zeros((1, 1), np.float32)}
    folder = checkpoints.save(tmp_path / "m", CONFIG, weights, tokenizer=checkpoints.byte_level())
    with pytest.raises(InvalidRequest, match=r"'model\.vision\.weight' has no place in a llama model"):
        convert(folder, tmp_path / "m.gguf")


@pytest.mark.parametrize("damage", [b"", b"\xff" * 8, b"\2\0\0\0\0\0\0\0{]", None])
def test_damaged_weights_are_named(tmp_path: Path, damage: bytes | None) -> None:
    folder = checkpoints.save(tmp_path / "m", CONFIG, checkpoints.decoder(CONFIG), tokenizer=checkpoints.byte_level())
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] if damage is None else damage)
    with pytest.raises(DamagedModel, match=r"safetensors"):
        convert(folder, tmp_path / "m.gguf")


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    folder = checkpoints.save(tmp_path / "m", CONFIG, checkpoints.decoder(CONFIG), tokenizer=checkpoints.byte_level())
    (folder / missing).unlink()
    with pytest.raises(DamagedModel, match=f"{missing}: the file is missing"):
        convert(folder, tmp_path / "m.gguf")
