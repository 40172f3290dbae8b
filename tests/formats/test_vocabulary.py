from pathlib import Path

import pytest

from puna.core.errors import InvalidRequest
from puna.core.subjects import Setting
from puna.engines.llama.completion.infill import InfillTokens
from puna.formats.gguf import Metadata
from puna.formats.vocabulary import Vocabulary

NORMAL, CONTROL, BYTE = 1, 3, 6


def test_byte_level_tokens_are_bytes(micro: Path) -> None:
    vocabulary = Vocabulary.of(Metadata.read(micro))
    assert len(vocabulary) == 2048
    assert [vocabulary.data(token) for token in (0, 1, 3, 3 + 0x20, 3 + 0x41, 3 + 0xE2)] == [
        b"<|endoftext|>", b"<|im_start|>", b"\x00", b" ", b"A", b"\xe2",
    ]  # fmt: skip
    assert vocabulary.text((3 + 0x48, 3 + 0x69, 3 + 0xE2)) == "Hi\N{REPLACEMENT CHARACTER}"


def test_sentencepiece_tokens_have_spaces_and_byte_names() -> None:
    vocabulary = Vocabulary("llama", ["<s>", "▁Hello", "lo", "<0xE2>"], [CONTROL, NORMAL, NORMAL, BYTE], {"bos": 0})
    assert [vocabulary.data(token) for token in range(4)] == [b"<s>", b" Hello", b"lo", b"\xe2"]


def test_a_prompt_to_fill_in_is_made_of_the_models_own_tokens() -> None:
    texts = ["<s>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "named"]
    by_text = InfillTokens.of(Vocabulary("gpt2", texts, [], {}), begin=None)
    assert by_text.prompt((7, 8), (9,)) == (1, 7, 8, 2, 9, 3)
    by_name = InfillTokens.of(Vocabulary("gpt2", texts, [], {"fim_pre": 4}), begin=0)
    assert by_name.prompt((7,), ()) == (0, 4, 7, 2, 3)


def test_a_model_without_such_tokens_says_so() -> None:
    with pytest.raises(InvalidRequest, match="can't fill in") as error:
        InfillTokens.of(Vocabulary("gpt2", ["a", "<|fim_prefix|>"], [], {}), begin=None)
    assert error.value.about == Setting("suffix")
