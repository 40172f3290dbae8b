"""The tokenizer of `tiny-image`: CLIP's, with a vocabulary of its own. What it has no word for, it spells."""

import json
import random
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from training.pictures.prompts import WORDS, any_prompt

SIZE = 1000
TOKENS = 48
FIRST, LAST = "<|startoftext|>", "<|endoftext|>"


def tokenizer_in(folder: Path, seed: int) -> CLIPTokenizer:
    """The tokenizer, made from prompts."""
    chance = random.Random(seed)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix=""))
    learner.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE - 512, end_of_word_suffix="</w>", initial_alphabet=alphabet, min_frequency=3, show_progress=False
    )
    learner.train_from_iterator([any_prompt(chance)[0].lower() for _ in range(20_000)] + WORDS * 20, trainer)
    merges = [tuple(merge) for merge in json.loads(learner.to_str())["model"]["merges"]]
    pieces = [*alphabet, *(f"{letter}</w>" for letter in alphabet), *dict.fromkeys("".join(merge) for merge in merges), FIRST, LAST]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{left} {right}\n" for left, right in merges))
    return CLIPTokenizer.from_pretrained(folder, model_max_length=TOKENS, pad_token=LAST)
