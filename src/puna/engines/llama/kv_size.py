"""How much memory a model's context takes: the KV cache of its attention, the state of its recurrent layers."""

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from puna.formats.gguf import Array, Metadata, Tensor

CACHE_BYTES = {
    "f32": 4.0,
    "f16": 2.0,
    "bf16": 2.0,
    "q8_0": 34 / 32,
    "q5_1": 24 / 32,
    "q5_0": 22 / 32,
    "q4_1": 20 / 32,
    "q4_0": 18 / 32,
    "iq4_nl": 18 / 32,
}
"""Bytes of one number in the KV cache: ggml's block size by its block length."""

STATE_BYTES = 4
"""Recurrent state is kept in 32-bit numbers."""

WINDOW_PERIODS = {
    "afmoe": 4,
    "cohere2": 4,
    "exaone4": 4,
    "gemma-embedding": 6,
    "gemma2": 2,
    "gemma3": 6,
    "gemma3n": 5,
    "gpt-oss": 2,
    "olmo2": 4,
    "plamo3": 8,
    "smallthinker": 4,
}
"""Architectures that look back over a window in all layers but every n-th, where the header does not say which."""

LAYER = re.compile(r"blk\.(\d+)\.(.+?)(?:\.weight|\.bias)?$")
RECURRENT = ("ssm_", "shortconv", "time_mix")
UBATCH = 512
"""How many tokens llama.cpp computes at once, which a window's cache has room for beside the window."""


@dataclass(frozen=True, slots=True)
class ContextCost:
    """What a context takes. Numbers of the KV cache (not bytes) for each token, in layers that see the whole context
    and in layers that see a window of `window` tokens; bytes of recurrent state for each sequence."""

    numbers: int
    windowed_numbers: int
    window: int
    state_bytes: int

    def bytes(self, tokens: int, sequences: int, cache_type: str) -> int:
        """The memory of a cache of that many tokens which that many sequences share."""
        windowed = min(tokens, padded(self.window * sequences + UBATCH))
        numbers = self.numbers * tokens + self.windowed_numbers * windowed
        return int(numbers * CACHE_BYTES[cache_type]) + self.state_bytes * sequences

    def tokens(self, room: float, sequences: int, cache_type: str) -> int:
        """How many tokens a cache of that many bytes has place for; the inverse of `bytes`."""
        each = CACHE_BYTES[cache_type]
        windowed = padded(self.window * sequences + UBATCH)
        left = room - self.state_bytes * sequences
        all_full = left / max(1.0, (self.numbers + self.windowed_numbers) * each)
        if all_full <= windowed:
            return max(0, int(all_full))
        return max(0, int((left - self.windowed_numbers * windowed * each) / max(1.0, self.numbers * each)))

    def beside(self, other: "ContextCost") -> "ContextCost":
        """What both take. A window of the other's is counted as the whole context."""
        return replace(
            self,
            numbers=self.numbers + other.numbers + other.windowed_numbers,
            state_bytes=self.state_bytes + other.state_bytes,
        )

    def checkpoint_bytes(self, cache_type: str) -> int:
        """What llama.cpp keeps to go back to an earlier place of a prompt, where its cache does not allow it."""
        return int(self.windowed_numbers * self.window * CACHE_BYTES[cache_type]) + self.state_bytes


def context_cost(metadata: Metadata) -> ContextCost:
    """What the header says. Where it leaves open which layers have a window, none has: that is the most it can be."""
    layers: dict[int, dict[str, Tensor]] = defaultdict(dict)
    for tensor in metadata.tensors:
        if match := LAYER.match(tensor.name):
            layers[int(match[1])][match[2]] = tensor
    window = metadata.sliding_window or 0
    windowed = windowed_layers(metadata, len(layers)) if window else frozenset()
    numbers = {index: attention_numbers(metadata, index, tensors) for index, tensors in layers.items()}
    recurrent = sum(is_recurrent(tensors) for tensors in layers.values())
    return ContextCost(
        numbers=sum(count for index, count in numbers.items() if index not in windowed),
        windowed_numbers=sum(count for index, count in numbers.items() if index in windowed),
        window=window,
        state_bytes=recurrent * state_numbers(metadata) * STATE_BYTES,
    )


def attention_numbers(metadata: Metadata, index: int, tensors: dict[str, Tensor]) -> int:
    """The numbers one layer keeps for each token: its keys and values, or the latent vector that stands for both."""
    if latent := tensors.get("attn_kv_a_mqa"):
        return latent.shape[-1]
    if "attn_k" in tensors and "attn_v" in tensors:
        return tensors["attn_k"].shape[-1] + tensors["attn_v"].shape[-1]
    if ("attn_qkv" not in tensors and "attn_k" not in tensors) or is_recurrent(tensors):
        return 0
    return heads_of(metadata, index) * ((metadata.key_length or 0) + (metadata.value_length or 0))


def heads_of(metadata: Metadata, index: int) -> int:
    """A layer's key and value heads."""
    if isinstance(metadata.get("{arch}.attention.head_count_kv"), Array):
        return int(metadata.array("{arch}.attention.head_count_kv")[index])
    return metadata.head_count_kv or 0


def is_recurrent(tensors: dict[str, Tensor]) -> bool:
    return any(name.startswith(RECURRENT) for name in tensors)


def windowed_layers(metadata: Metadata, layers: int) -> frozenset[int]:
    """The layers that see a window only."""
    pattern = metadata.get("{arch}.attention.sliding_window_pattern")
    if isinstance(pattern, Array):
        return frozenset(index for index, flag in enumerate(metadata.array(pattern_key(metadata))) if flag)
    period = pattern if isinstance(pattern, int) else WINDOW_PERIODS.get(metadata.architecture, 1)
    return frozenset(index for index in range(layers) if index % period < period - 1)


def pattern_key(metadata: Metadata) -> str:
    return f"{metadata.architecture}.attention.sliding_window_pattern"


def state_numbers(metadata: Metadata) -> int:
    """The numbers that one recurrent layer keeps for one sequence (llama.cpp's `n_embd_r` and `n_embd_s`)."""

    def key(name: str) -> int:
        value = metadata.get("{arch}." + name)
        return value if isinstance(value, int) else 0

    width = metadata.embedding_length or 0
    if head := key("wkv.head_size"):
        return width * (head + (key("token_shift_count") or 2))
    if length := key("shortconv.l_cache"):
        return width * (length - 1)
    inner, state = key("ssm.inner_size"), key("ssm.state_size")
    convolution = max(0, key("ssm.conv_kernel") - 1) * (inner + 2 * key("ssm.group_count") * state)
    return convolution + state * inner


def padded(tokens: int) -> int:
    """llama.cpp rounds caches up to 256 tokens."""
    return -(-tokens // 256) * 256
