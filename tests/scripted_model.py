"""Models that say one given text, token by token, whatever they are asked.

One layer of zeros passes the embedding of the last token on to the output matrix. The embedding of the text's n-th
token is the n-th unit vector, and row by row the output matrix says which token follows. Everything that is no token
of the text is one token a byte, so `prompt_tokens` tells how long a prompt is, to the character. Where a grammar
forbids the next token the model takes a sign that structures JSON, or ends: so it comes to the end of any schema.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from gguf import GGUFWriter, TokenType

from puna.formats.vocabulary import BYTE_CHARACTERS
from tests.library.ggufs import finish

BOS, EOS, THEN = "<|scripted_bos|>", "<|scripted_eos|>", "<|scripted_then|>"
SPECIAL = re.compile(
    r"<\|[^|>\s]{1,40}\|>"  # <|im_end|>
    r"|<\uff5c[^\uff5c>]{1,40}\uff5c>"  # DeepSeek's
    r"|\[/?[A-Z_ ]{3,30}\]"  # [TOOL_CALLS]
    r"|</?think>|<(?:start|end)_of_turn>|<s>|</s>|<eos>|<bos>"
)
"""What published templates write as tokens of their own."""
BESIDE = {"<|calls|>": ["<|flush|>"]}
"""Tokens that models have beside one that their template writes: these two tell the engine that <|end|> is no end."""
PIECE = 4
"""How many bytes of the text a token has, if they are not in another."""
UNLUCKY = 31
"""With so many tokens beyond a multiple of 32 llguidance 1.0 gives grammars up at the first JSON string."""
SAYS, FORCED = (
    30.0,
    {'"': 12, "}": 11, "]": 10, "0": 9, **dict.fromkeys("nultre", 6), **dict.fromkeys(":{[", 5), "\n": 4},
)
"""The logits of the token that comes next, and of the signs that come where that one is forbidden."""
ENDING = 11.5
"""The logit of the end, between the sign that closes a string and the one that closes an object."""
CHARACTERS = {byte: character for character, byte in BYTE_CHARACTERS.items()}


def spelled(text: str) -> str:
    """Text as a byte-level vocabulary writes it."""
    return "".join(CHARACTERS[byte] for byte in text.encode())


@dataclass
class Vocabulary:
    """The tokens, and the text as `chain` of them, the `first` of which has so many bytes. Where there are two texts
    the first one ends at `first_end`."""

    texts: list[str]
    types: list[TokenType]
    first: int = PIECE
    chain: list[int] = field(default_factory=list)
    first_end: int = 0

    @classmethod
    def of(
        cls, says: str, specials: list[str], *, first: int = PIECE, lucky: bool = True, then: str = ""
    ) -> "Vocabulary":
        pair = CHARACTERS[0] * 2  # a vocabulary has to have a merge
        texts = [*(CHARACTERS[byte] for byte in range(256)), *specials, pair]
        types = [TokenType.NORMAL] * 256 + [TokenType.CONTROL] * len(specials) + [TokenType.NORMAL]
        vocabulary = cls(texts, types, first)
        vocabulary._divide(says, specials)
        if then:
            vocabulary.first_end = len(vocabulary.chain)
            vocabulary.chain.append(texts.index(EOS))
            vocabulary._divide(then, specials)
        while (len(texts) % 32 == UNLUCKY) == lucky:
            texts.append(CHARACTERS[0] * (len(texts) + 1))
            types.append(TokenType.UNUSED)
        return vocabulary

    def _divide(self, says: str, specials: list[str]) -> None:
        """Make the text tokens, and a chain of them."""
        splitter = "|".join(map(re.escape, sorted(specials, key=len, reverse=True)))
        rest = ""
        for part in re.split(f"({splitter})", says):
            # A token stands once in the chain: what is said twice is spelled.
            if part in specials and says.count(part) == 1 and not rest:
                self.chain.append(self.texts.index(part))
            else:
                rest = self._add(rest + spelled(part))
        if rest and self.types[self.chain[-1]] == TokenType.CONTROL:
            raise ValueError(f"the text ends in {rest!r}, which it has had before: change it a little")
        while rest:  # it goes with the pieces before it, as many as it takes for a new one
            rest, piece = "", self.texts[self.chain[-1]] + rest
            if piece in self.texts:
                raise ValueError("the text can't be divided into different tokens: change it a little")
            self.texts[self.chain[-1]] = piece

    def _add(self, text: str) -> str:
        """Add a spelled text in pieces, each as long as it takes for a new one: a token stands once in the chain, as
        it is the place in the text. Returns the end that is no new piece."""
        start = 0
        while start < len(text):
            least = PIECE if self.chain else self.first
            end = next((end for end in range(start + least, len(text) + 1) if text[start:end] not in self.texts), 0)
            if not end and (text[start:] in self.texts or len(text) - start > PIECE):
                return text[start:]
            end = len(text) if not end or len(text) - end < 2 else end
            if text[start:end] in self.texts:
                return text[start:]
            self.chain.append(len(self.texts))
            self.texts.append(text[start:end])
            self.types.append(TokenType.NORMAL)
            start = end
        return ""

    @property
    def pieces(self) -> list[bytes]:
        """The text, divided into its tokens."""
        texts = (self.texts[token] for token in self.chain)
        return [
            text.encode() if self.types[token] == TokenType.CONTROL else bytes(BYTE_CHARACTERS[sign] for sign in text)
            for token, text in zip(self.chain, texts, strict=True)
        ]


def vocabulary_of(
    says: str, template: str | None = None, *, first: int = PIECE, lucky: bool = True, then: str = ""
) -> Vocabulary:
    """The vocabulary of a model with that template that says that."""
    found = SPECIAL.findall(template or "")
    beside = [token for each in dict.fromkeys(found) for token in BESIDE.get(each, ())]
    specials = dict.fromkeys([*found, *beside, *SPECIAL.findall(says), BOS, EOS])
    return Vocabulary.of(says, list(specials), first=first, lucky=lucky, then=then)


def write_scripted_model(
    path: Path,
    says: str,
    template: str | None = None,
    *,
    context: int = 65536,
    ends: bool = True,
    first: int = PIECE,
    lucky: bool = True,
    then: str = "",
) -> Path:
    """Write the model. Where it does not end it goes on with signs after its text, until something stops it. Its
    `first` token has so many bytes, which moves all others. One that is not `lucky` has as many tokens as llguidance
    can't stand. Behind a prompt that ends in THEN it says `then`."""
    vocabulary = vocabulary_of(says, template, first=first, lucky=lucky, then=then)
    size, steps = len(vocabulary.texts), len(vocabulary.chain)
    width = max(64, -(-(steps + 2) // 64) * 64)
    embedding, output = np.zeros((2, size, width), np.float32)
    embedding[:, 0] = 1  # after the prompt comes the first token
    if then:
        embedding[vocabulary.texts.index(THEN)] = np.eye(1, width, vocabulary.first_end + 1)
    for place, token in enumerate(vocabulary.chain):
        embedding[token] = np.eye(1, width, place + 1)
        output[token, place] = SAYS
    for sign, logit in FORCED.items():
        output[ord(sign)] += logit
    end = vocabulary.texts.index(EOS)
    output[end] = ENDING
    output[end, steps] = SAYS if ends else 0
    if then:
        output[end, vocabulary.first_end] = SAYS
    output /= np.sqrt(width)  # what the norm makes a unit vector
    writer = header(path, vocabulary, width, context)
    if template is not None:
        writer.add_chat_template(template)
    add_tensors(writer, embedding, output)
    finish(writer)
    return path


def header(path: Path, vocabulary: Vocabulary, width: int, context: int) -> GGUFWriter:
    writer = GGUFWriter(str(path), "llama")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width)
    writer.add_file_type(0)
    writer.add_vocab_size(len(vocabulary.texts))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(vocabulary.texts)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges([f"{CHARACTERS[0]} {CHARACTERS[0]}"])
    writer.add_bos_token_id(vocabulary.texts.index(BOS))
    writer.add_eos_token_id(vocabulary.texts.index(EOS))
    writer.add_eot_token_id(vocabulary.texts.index(EOS))  # the only end that a grammar lets the engine take
    writer.add_add_bos_token(False)
    return writer


def add_tensors(writer: GGUFWriter, embedding: np.ndarray, output: np.ndarray) -> None:
    width = embedding.shape[1]
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(width, np.float32))
    rows = {"attn_q": width, "attn_k": width, "attn_v": width, "attn_output": width, "ffn_gate": 32, "ffn_up": 32}
    for name, count in rows.items():
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((count, width), np.float32))
    writer.add_tensor("blk.0.ffn_down.weight", np.zeros((width, 32), np.float32))
