"""The tokenizer: byte-level BPE of our own, split as llama.cpp's `qwen2` pre-tokenizer splits.

Words are merged without the space before them, and digits never, so that a word has the same tokens
after a space, a quote or a bracket: what makes copying learnable for so small a model. Only the most frequent
lower-case words get a token that includes the space.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.trainers import BpeTrainer

CONTROL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
)
VISIBLE = (
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<tools>",
    "</tools>",
    "<think>",
    "</think>",
)
SPECIAL = CONTROL + VISIBLE
SPACE = "Ġ"

SAMPLES = (
    '{"type": "function", "function": {"name": "get_weather", "description": "Get the current weather in a given city.", "parameters": '
    '{"type": "object", "properties": {"city": {"type": "string", "description": "The name of the city."}, "unit": {"type": "string", "enum": '
    '["celsius", "fahrenheit"]}, "days": {"type": "integer"}, "x": {"type": "array", "items": {"type": "string"}}}, "required": ["city", "unit"], '
    '"additionalProperties": false, "strict": true}}}\n</tools>',
    '{"name": "add_numbers", "arguments": {"a": 12, "b": 3}}',
    '{"name":"Anna","age":30,"city":"Paris","items":["a","b"],"ok":true,"x":{"y":1},"z":[{"q":"r"}]}',
    '{\n  "name": "Anna",\n  "age": 30,\n  "items": [\n    "a"\n  ]\n}',
    "def add(a, b):\n    return a + b\n\n\ndef is_even(n):\n    return n % 2 == 0\n\nfor item in items:\n    if item > 0:\n        total += item\n    print(item)\n",
    "class Point:\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y\n",
)
WORDS = """type function name description parameters object properties string integer number boolean array items enum
required arguments additionalProperties strict title default city location date time query text message unit
celsius fahrenheit temperature weather search send email reminder get set create find list add convert
translate calculate book order recipient subject amount currency price result error status true false null
return def for if else in print import self class range len while not and or None True False JSON json key
value user id email count limit title body start end remember told secret code favorite favourite pet hobby
birthday live lives named called job work works old years what extract answer result tool call use sum plus
minus times equals number digits carry first second third next last You Your You're What Where When Who How
Which The There This That My The It He She Is Are Do Does Can Call Please know don't sorry cannot have not
told me yet tell call need information current given optional maximum minimum""".split()

QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
APART = r"\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s"


def learn(texts: Iterable[str], size: int, spaced: int = 320) -> Tokenizer:
    """Learn `size` tokens; the last `spaced` of them are frequent words with their space."""
    special = re.compile("|".join(map(re.escape, SPECIAL)))
    texts = [piece for text in texts for piece in special.split(text)]
    base = Tokenizer(BPE())
    base.pre_tokenizer = Sequence([Split(Regex(APART), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)])
    trainer = BpeTrainer(
        vocab_size=size - spaced - len(SPECIAL),
        initial_alphabet=sorted(ByteLevel.alphabet()),
        show_progress=False,
        min_frequency=2,
    )
    base.train_from_iterator(texts, trainer)
    model = json.loads(base.to_str())["model"]
    vocabulary = dict(model["vocab"])
    merges = [(left, right) for left, right in model["merges"]]
    for word in _frequent_words(texts, vocabulary, spaced):
        merges.append((SPACE, word))
        vocabulary[SPACE + word] = len(vocabulary)
    for token in SPECIAL:
        vocabulary[token] = len(vocabulary)
    return assemble(vocabulary, merges)


def _frequent_words(texts: Iterable[str], vocabulary: dict[str, int], count: int) -> list[str]:
    words = Counter(word for text in texts for word in text.split(" ")[1:])
    known = [
        word
        for word, _ in words.most_common()
        if word in vocabulary and word.isalpha() and word.islower() and (len(word) > 1 or word == "a")
    ]
    return known[:count]


def assemble(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
    """The tokenizer of these tokens, the special ones among them, and these merges."""
    tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = Sequence([Split(Regex(QWEN2), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = ByteLevelDecoder()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    return tokenizer


def build(seed: int, size: int) -> Tokenizer:
    """The tokenizer for the text that this seed makes."""
    from training import corpus

    source = corpus.documents(Random(seed))
    texts = ["".join(span.text for span in next(source)) for _ in range(12_000)]
    return learn([*texts, *SAMPLES * 60, *(f" {word} {word}" for word in WORDS * 25)], size)


def load(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))


def merges(tokenizer: Tokenizer) -> list[str]:
    """The merges in order, as GGUF stores them."""
    return [f"{left} {right}" for left, right in json.loads(tokenizer.to_str())["model"]["merges"]]
