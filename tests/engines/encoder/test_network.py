from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puna.core.footprint import RAM, Footprint, gpu_name
from puna.engines.encoder.launch import EncoderLaunch
from puna.engines.encoder.network import BLOCK_TOKENS, Network, blocks
from puna.engines.encoder.suitability import suits
from puna.engines.encoder.weights import Weights
from puna.engines.launch import Launch
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.plan import plan
from puna.engines.settings import EngineSettings
from puna.formats.gguf import Metadata
from puna.library.conversion import convert
from puna.library.library import Library
from puna.library.names import ModelName
from puna.library.quantization import quantize
from tests.library.conversion import checkpoints
from tests.library.conversion.reference import bert_embedding
from tests.stored_models import add_model, write_micro_model

CONFIG: dict[str, Any] = {
    "architectures": ["BertModel"],
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "vocab_size": 40,
    "max_position_embeddings": 32,
    "layer_norm_eps": 1e-12,
    "type_vocab_size": 2,
}
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
TEXTS = [[2, 7, 3], [2, 8, 9, 10, 3], [2, 11, 3], [2, *range(5, 35), 3], [2, 3]]


def small_bert(folder: Path, pooling: str = "mean", pieces: Sequence[str] = PIECES) -> Path:
    """A GGUF file with a BERT of random weights."""
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    (folder / "bert" / "1_Pooling").mkdir(parents=True)
    documents: dict[str, Any] = {
        "tokenizer": {"model": {"type": "WordPiece", "vocab": vocabulary}},
        "1_Pooling/config": {"pooling_mode": pooling},
    }
    config = {**CONFIG, "vocab_size": max(CONFIG["vocab_size"], len(pieces))}
    checkpoints.save(folder / "bert", config, checkpoints.encoder(config), "F32", **documents)
    convert(folder / "bert", folder / "bert.gguf")
    return folder / "bert.gguf"


def vectors(weights: Path, texts: list[list[int]], pooling: Any = "mean") -> Any:
    metadata = Metadata.read(weights)
    return Network(metadata, Weights(metadata), pooling).embed(texts)


def test_texts_of_all_lengths_are_embedded_as_each_alone_by_the_models_own_code(tmp_path: Path) -> None:
    found = vectors(small_bert(tmp_path), TEXTS)
    assert (found @ found.T)[~np.eye(len(TEXTS), dtype=bool)].max() < 0.98, "texts differ"
    for vector, tokens in zip(found, TEXTS, strict=True):
        expected = bert_embedding(CONFIG, checkpoints.encoder(CONFIG), tokens)
        assert np.dot(vector, expected / np.linalg.norm(expected)) > 0.9999


@pytest.mark.parametrize(("kind", "least"), [("F16", 0.99999), ("BF16", 0.9999), ("Q8_0", 0.999), ("Q4_0", 0.95)])
def test_weights_of_other_types_say_nearly_the_same(tmp_path: Path, kind: str, least: float) -> None:
    exact = small_bert(tmp_path)
    quantize(exact, tmp_path / "other.gguf", kind)
    assert suits(Metadata.read(tmp_path / "other.gguf"))
    assert (vectors(exact, TEXTS) * vectors(tmp_path / "other.gguf", TEXTS)).sum(axis=1).min() > least


def test_the_first_tokens_state_can_be_the_vector(tmp_path: Path) -> None:
    weights = small_bert(tmp_path, "cls")
    assert Metadata.read(weights).pooling == "cls"
    first, mean = vectors(weights, TEXTS, "cls"), vectors(weights, TEXTS, "mean")
    assert np.abs(first - mean).max() > 0.1
    assert np.linalg.norm(first, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_texts_of_like_length_are_computed_together_and_none_is_lost() -> None:
    lengths = [5, 300, 4, 100, 100, 100, 2000, 6]
    found = list(blocks(lengths))
    assert sorted(place for block in found for place in block) == list(range(len(lengths)))
    assert found[0] == [2, 0, 7, 3, 4]
    assert all(len(block) == 1 or sum(lengths[place] for place in block) <= BLOCK_TOKENS for block in found)


def embedding(path: Path, tmp_path: Path, **changed: Any) -> Launch:
    """How a model of those weights is launched to embed."""
    add_model(tmp_path / "models", path.stem, path)
    model = Library(tmp_path / "models").get(ModelName.parse(path.stem))
    return plan(model, "embed", EngineSettings(**{"memory": Footprint({RAM: 2**34}), **changed}))


def test_it_runs_bert_without_a_gpu_and_llama_cpp_the_rest(tmp_path: Path) -> None:
    bert = small_bert(tmp_path)
    launch = embedding(bert, tmp_path)
    assert isinstance(launch, EncoderLaunch)
    assert EncoderLaunch.from_json(launch.to_json()) == launch
    assert launch.context_length == 32
    assert isinstance(embedding(bert, tmp_path, encoder=False), LlamaLaunch)
    gpu = Footprint({RAM: 2**34, gpu_name(0): 2**34})
    assert isinstance(embedding(bert, tmp_path, memory=gpu), LlamaLaunch)
    decoder = write_micro_model(tmp_path / "micro.gguf")
    assert not suits(Metadata.read(decoder))
    assert isinstance(embedding(decoder, tmp_path), LlamaLaunch)
