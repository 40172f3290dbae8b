from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from puna.engines.encoder.wordpiece import WordPiece
from puna.formats.gguf import Metadata
from puna.library.conversion import convert
from tests.engines.encoder.test_network import small_bert
from tests.library.conversion.engine import Engine, running
from tests.library.conversion.test_bert import mini_lm, word_pieces

TEXTS = [
    "Why is the sky blue?",
    "Un caf\u00e9 cr\u00e8me, s'il vous pla\u00eet! (3.50)",
    "unbelievably antidisestablishmentarian tokenization",
    "\u4f60\u597d world \u2014 42",
    "tabs\tand\r\nlines\u00a0and\u200bzero width",
    "$5 + 3 = 8; a_b^c `code` <tag> ~",
    "\u0130stanbul STRASSE Stra\u00dfe \u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
    "\U0001f600 emoji \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "",
    "   ",
]


@dataclass
class Pair:
    """Both tokenizers of one model."""

    own: WordPiece
    engine: Engine

    def engines(self, text: str) -> list[int]:
        return list(self.engine.post("/tokenize", content=text, add_special=True, parse_special=True)["tokens"])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """all-MiniLM-L6-v2's tokenizer, and llama.cpp's idea of it."""
    weights = tmp_path_factory.mktemp("model") / "m.gguf"
    convert(mini_lm(), weights)
    with running(weights, "embedding") as engine:
        yield Pair(WordPiece(Metadata.read(weights)), engine)


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_are_those_of_llama_cpp(pair: Pair, text: str) -> None:
    assert pair.own.tokens(text) == pair.engines(text)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8", max_codepoint=0x24F, exclude_categories=["Cc", "Cf"]), max_size=40))
def test_any_latin_text_has_the_tokens_of_berts_own_code(pair: Pair, text: str) -> None:
    pieces = (mini_lm() / "vocab.txt").read_text("utf-8").splitlines()
    assert pair.own.tokens(text) == word_pieces(text, {piece: number for number, piece in enumerate(pieces)})


def test_what_is_written_like_a_control_token_is_one_only_where_it_may_be(pair: Pair) -> None:
    assert pair.own.tokens("a [SEP] b") == pair.engines("a [SEP] b") == [101, 1037, 102, 1038, 102]
    assert 102 not in pair.own.tokens("a [SEP] b", special=False)


def test_a_word_without_fitting_pieces_is_unknown(tmp_path: Path) -> None:
    own = WordPiece(Metadata.read(small_bert(tmp_path)))
    assert own.tokens("a ab z") == [2, 5, 1, 30, 3], "no piece continues a word here"
    assert own.tokens("A" * 101) == [2, 1, 3]


def test_a_vocabulary_with_capitals_keeps_them(tmp_path: Path) -> None:
    capitals = [f"{letter}{other}" for letter in "ABCDEFGHIJ" for other in "abcdefghij"]
    weights = small_bert(tmp_path, pieces=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *capitals, "caf\u00e9"])
    assert WordPiece(Metadata.read(weights)).tokens("Aa aa caf\u00e9") == [2, 5, 1, 105, 3]
