"""Writes a model of a real shape with random weights: `python -m benchmarks.random_model --shape 135M FILE`.

Such a model costs the engine what the real one costs, needs no download, and says nothing sensible. It never
ends by itself: only words of plain letters are ever likely, so that each generated token is one piece of text
and a request for 100 tokens is a stream of 100 chunks, through any server.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, quants

from benchmarks.random_tokenizer import END_OF_TEXT, IM_END, Tokenizer, random_tokenizer

Matrix: TypeAlias = npt.NDArray[np.float32]

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


class Weights(StrEnum):
    F32 = "F32"
    F16 = "F16"
    Q8_0 = "Q8_0"
    Q4_0 = "Q4_0"


@dataclass(frozen=True)
class Shape:
    """The shape of a llama model; the output layer is tied to the embedding."""

    layers: int
    width: int
    heads: int
    key_value_heads: int
    feed_forward: int
    vocabulary: int
    context: int
    rope_base: float = 10_000

    @property
    def head_width(self) -> int:
        return self.width // self.heads


SHAPES = {
    "135M": Shape(30, 576, 9, 3, 1536, 49_152, 8192, rope_base=100_000),  # SmolLM2-135M
    "15M": Shape(6, 288, 6, 6, 768, 32_000, 2048),
    "micro": Shape(2, 64, 4, 2, 160, 2048, 2048),
}

# The residual stream's first number is kept out of the layers (their norms multiply it by zero) and set by
# a bias at the very end. Its sign in a tied embedding then makes a token always likely or never.
_SWITCH = 0
_SWITCH_EMBEDDING = 1.0
_EMBEDDING_DEVIATION = 0.1


class RandomWeights:
    """The tensors of a random model, one after the other, the same for the same seed."""

    def __init__(self, shape: Shape, tokenizer: Tokenizer, seed: int) -> None:
        self._shape = shape
        self._tokenizer = tokenizer
        self._generator = np.random.default_rng(seed)

    def tensors(self) -> Iterator[tuple[str, Matrix]]:
        yield "token_embd.weight", self._embedding()
        for layer in range(self._shape.layers):
            for name, tensor in self._layer():
                yield f"blk.{layer}.{name}", tensor
        yield f"blk.{self._shape.layers - 1}.ffn_down.bias", self._switch_bias()
        yield "output_norm.weight", np.ones(self._shape.width, np.float32)

    def _embedding(self) -> Matrix:
        embedding = self._normal(self._shape.vocabulary, self._shape.width, _EMBEDDING_DEVIATION)
        words = [self._tokenizer.is_word(token) for token in range(self._shape.vocabulary)]
        embedding[:, _SWITCH] = np.where(words, _SWITCH_EMBEDDING, -_SWITCH_EMBEDDING)
        return embedding

    def _layer(self) -> Iterator[tuple[str, Matrix]]:
        shape = self._shape
        key_value_width = shape.key_value_heads * shape.head_width
        yield "attn_norm.weight", self._layer_norm()
        yield "attn_q.weight", self._projection(shape.width, shape.width)
        yield "attn_k.weight", self._projection(key_value_width, shape.width)
        yield "attn_v.weight", self._projection(key_value_width, shape.width)
        yield "attn_output.weight", self._residual_projection(shape.width)
        yield "ffn_norm.weight", self._layer_norm()
        yield "ffn_gate.weight", self._projection(shape.feed_forward, shape.width)
        yield "ffn_up.weight", self._projection(shape.feed_forward, shape.width)
        yield "ffn_down.weight", self._residual_projection(shape.feed_forward)

    def _layer_norm(self) -> Matrix:
        norm = np.ones(self._shape.width, np.float32)
        norm[_SWITCH] = 0
        return norm

    def _residual_projection(self, columns: int) -> Matrix:
        projection = self._projection(self._shape.width, columns)
        projection[_SWITCH] = 0
        return projection

    def _switch_bias(self) -> Matrix:
        bias = np.zeros(self._shape.width, np.float32)
        bias[_SWITCH] = 4 * self._shape.width**0.5
        return bias

    def _projection(self, rows: int, columns: int) -> Matrix:
        return self._normal(rows, columns, columns**-0.5)

    def _normal(self, rows: int, columns: int, deviation: float) -> Matrix:
        return self._generator.standard_normal((rows, columns), np.float32) * np.float32(deviation)


def write_random_model(
    path: Path,
    shape: Shape,
    *,
    seed: int = 0,
    weights: Weights = Weights.Q8_0,
    chat_template: str | None = CHATML,
) -> None:
    """Writes the model as one GGUF file; the same arguments give the same bytes."""
    tokenizer = random_tokenizer(shape.vocabulary, seed)
    writer = GGUFWriter(path, "llama")
    _add_metadata(writer, shape, weights)
    _add_tokenizer(writer, tokenizer, chat_template)
    for name, tensor in RandomWeights(shape, tokenizer, seed).tensors():
        _add_tensor(writer, name, tensor, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_metadata(writer: GGUFWriter, shape: Shape, weights: Weights) -> None:
    writer.add_type("model")
    writer.add_name("random")
    writer.add_file_type(LlamaFileType.ALL_F32 if weights is Weights.F32 else LlamaFileType[f"MOSTLY_{weights}"])
    writer.add_quantization_version(2)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.key_value_heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(1e-5)


def _add_tokenizer(writer: GGUFWriter, tokenizer: Tokenizer, chat_template: str | None) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokenizer.tokens)
    writer.add_token_types(tokenizer.types)
    writer.add_token_merges(tokenizer.merges)
    writer.add_bos_token_id(END_OF_TEXT)
    writer.add_eos_token_id(IM_END)
    writer.add_eot_token_id(IM_END)
    writer.add_pad_token_id(END_OF_TEXT)
    writer.add_add_bos_token(False)
    if chat_template is not None:
        writer.add_chat_template(chat_template)


def _add_tensor(writer: GGUFWriter, name: str, tensor: Matrix, weights: Weights) -> None:
    if tensor.ndim == 1 or weights is Weights.F32:
        writer.add_tensor(name, tensor)
    elif weights is Weights.F16:
        writer.add_tensor(name, tensor.astype(np.float16))
    else:
        # The output layer, here the embedding too, keeps more bits, as in the files that people run.
        kind = GGMLQuantizationType.Q8_0 if name.startswith("token_embd") else GGMLQuantizationType[weights]
        writer.add_tensor(name, quants.quantize(tensor, kind), raw_dtype=kind)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a model with random weights.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="135M")
    parser.add_argument("--weights", type=Weights, choices=list(Weights), default=Weights.Q8_0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-chat-template", action="store_true")
    arguments = parser.parse_args()
    write_random_model(
        arguments.file,
        SHAPES[arguments.shape],
        seed=arguments.seed,
        weights=arguments.weights,
        chat_template=None if arguments.no_chat_template else CHATML,
    )


if __name__ == "__main__":
    main()
