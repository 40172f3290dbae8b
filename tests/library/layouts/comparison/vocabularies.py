"""The toys' tokenizers: GPT-2's kind, and SentencePiece's."""

# mypy: ignore-errors
# It runs where sentencepiece and tokenizers are, which the project does not need.

import json
import random
from pathlib import Path

import sentencepiece
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIALS = [
    *("<s>", "</s>", "<pad>", "<|image|>", "<|vision_start|>", "<|vision_end|>", "[IMG]", "[IMG_BREAK]", "[IMG_END]"),
    *(f"<unused{number}>" for number in range(7)),
    *("[gMASK]", "<sop>", "<|endoftext|>", "<|user|>", "<|observation|>", "<|begin_of_image|>", "<|end_of_image|>"),
]
TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {% if m.content is string %}{{ m.content }}{% else %}"
    "{% for part in m.content %}{{ part.text }}{% endfor %}{% endif %}\n{% endfor %}assistant: "
)
NO_ENDS = {"add_bos_token": False, "add_eos_token": False}
PIECES = 400
SPACE = "\u2581"
WORDS = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they "
    "which one you were her all she there would their we him been has when who will more no if out so said what up"
)


def tokenizer() -> Tokenizer:
    """GPT-2's kind: a token for each byte, one merge, and special tokens."""
    letters = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in letters]
    tokens = [chr(byte) for byte in letters] + [chr(256 + number) for number, _ in enumerate(others)] + ["he"]
    made = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, [("h", "e")]))
    split = pre_tokenizers.Split(Regex(QWEN2), "isolated")
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(text, special=True) for text in SPECIALS])
    return made


def llama3s(folder: Path) -> dict[str, int]:
    """The same with as many tokens as Llama 3's has, and its special ones at their numbers."""
    made = tokenizer()
    document = json.loads(made.to_str())
    known = document["model"]["vocab"]
    known |= {f"never{number}": number for number in range(max(known.values()) + 1, 128_000)}
    document["added_tokens"] = []
    made = Tokenizer.from_str(json.dumps(document))
    named = {0: "begin_of_text", 1: "end_of_text", 6: "start_header_id", 7: "end_header_id", 9: "eot_id"}
    special = [f"<|{named.get(number, f'reserved_special_token_{number}')}|>" for number in range(16)]
    made.add_special_tokens([AddedToken(text, special=True) for text in special])
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<|begin_of_text|>", eos_token="<|eot_id|>", chat_template=TEMPLATE
    ).save_pretrained(folder)
    ids: dict[str, int] = made.get_vocab()
    return ids


def likely(folder: Path) -> int:
    """SentencePiece's kind with the likelihood of each piece, and a table of characters; how many there are."""
    text = _words(folder)
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / "sentencepiece.bpe"), vocab_size=120, hard_vocab_limit=False
    )
    text.unlink()
    (folder / "sentencepiece.bpe.vocab").unlink()
    size: int = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model")).vocab_size()
    return size + 2  # XLM-RoBERTa has a padding of its own, and a mask


def _words(folder: Path) -> Path:
    text = folder / "words.txt"
    draw = random.Random(0)
    text.write_text("\n".join(" ".join(draw.choice(WORDS.split()) for _ in range(12)) for _ in range(3000)))
    return text


def with_bytes(folder: Path) -> dict[str, int]:
    """Save that tokenizer, and say which number each token has."""
    made = tokenizer()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="<pad>", chat_template=TEMPLATE
    ).save_pretrained(folder)
    ids: dict[str, int] = made.get_vocab()
    added = {"added_tokens_decoder": {ids[text]: {"content": text, "special": True} for text in SPECIALS}}
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "chat_template": TEMPLATE} | NO_ENDS | added))
    return ids


def pieces(folder: Path, *specials: str) -> None:
    """SentencePiece's kind: four tokens that every one has, special ones, bytes, and pieces of words."""
    text = _words(folder)
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=PIECES,
        model_type="bpe",
        byte_fallback=True,
        pad_id=0,
        eos_id=1,
        bos_id=2,
        unk_id=3,
        user_defined_symbols=list(specials),
        minloglevel=2,
    )
    text.unlink()
    (folder / "tokenizer.vocab").unlink()
    made = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    added = [
        {"id": number, "content": made.id_to_piece(number), "special": True, **flags}
        for number in range(4 + len(specials))
    ]
    vocabulary = {made.id_to_piece(number): number for number in range(PIECES)}
    model = {"type": "BPE", "byte_fallback": True, "unk_token": "<unk>", "vocab": vocabulary, "merges": []}
    normalizer = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    parts = {"pre_tokenizer": None, "post_processor": None, "decoder": None}
    document = {"version": "1.0", "added_tokens": added, "normalizer": normalizer, **parts, "model": model}
    (folder / "tokenizer.json").write_text(json.dumps(document))


def mergeable(folder: Path) -> None:
    """The same with its merges in `tokenizer.json`, as newer models have it, and without SentencePiece's own file."""
    path = folder / "tokenizer.json"
    document = json.loads(path.read_text())
    known = document["model"]["vocab"]
    document["model"]["merges"] = [
        [piece[:place], piece[place:]]
        for piece in known
        for place in range(1, len(piece))
        if piece[:place] in known and piece[place:] in known and not piece.startswith("<")
    ]
    decoders_ = [
        {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    document["decoder"] = {"type": "Sequence", "decoders": decoders_}
    document["pre_tokenizer"] = {
        "type": "Split",
        "pattern": {"String": " "},
        "behavior": "MergedWithPrevious",
        "invert": False,
    }
    path.write_text(json.dumps(document))
    (folder / "tokenizer.model").unlink()
