"""Llama, and what was built after it: Mistral, Qwen 2 and Qwen 3."""

import math
from collections.abc import Iterator
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

from puna.core.errors import InvalidRequest
from puna.formats.checkpoint import Values
from puna.library.conversion.family import Family, Tensor
from puna.library.conversion.tokenizer import write_tokenizer

_SCALED_BY = {
    "linear": {"factor"},
    "yarn": {"factor"},
    "llama3": {"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"},
}
_SAMPLING = {
    "temperature": "temp",
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "repetition_penalty": "penalty_repeat",
}


class _Decoder(Family):
    """A causal transformer with rotary positions, RMS norms and gated feed-forward layers."""

    skipped = ("rotary_emb.inv_freq",)

    def write_values(self, writer: Any) -> None:
        checkpoint, setting = self.checkpoint, self.checkpoint.setting
        if checkpoint.config.get("hidden_act", "silu") != "silu":
            raise InvalidRequest(f"the activation '{setting('hidden_act')}' can't be converted, only 'silu'")
        self.write_sizes(writer)
        writer.add_vocab_size(setting("vocab_size"))
        writer.add_head_count_kv(setting("num_key_value_heads", "num_attention_heads"))
        writer.add_layer_norm_rms_eps(setting("rms_norm_eps"))
        writer.add_key_length(self.head_width)
        writer.add_value_length(self.head_width)
        writer.add_rope_dimension_count(self.head_width)
        self._write_rope(writer)
        write_tokenizer(checkpoint, writer)
        self._write_sampling(writer)

    @property
    def head_width(self) -> int:
        """The width of an attention head."""
        width = self.checkpoint.config.get("head_dim")
        return int(width or self.checkpoint.setting("hidden_size") // self.checkpoint.setting("num_attention_heads"))

    @property
    def rope(self) -> dict[str, Any]:
        """How positions are rotated, in the words of either generation of Transformers."""
        config = self.checkpoint.config
        rope = {**(config.get("rope_scaling") or {}), **(config.get("rope_parameters") or {})}
        theta = rope.get("rope_theta") or config.get("rope_theta") or 10000.0
        kind = rope.get("rope_type") or rope.get("type") or "default"
        missing = _SCALED_BY.get(kind, set()) - rope.keys()
        if missing:
            raise InvalidRequest(f"positions that are scaled by '{kind}' need {', '.join(sorted(missing))}")
        return {**rope, "rope_theta": theta, "rope_type": kind}

    def _write_rope(self, writer: Any) -> None:
        rope = self.rope
        writer.add_rope_freq_base(float(rope["rope_theta"]))
        match rope["rope_type"]:
            case "default" | "llama3":
                return
            case "linear":
                writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
                writer.add_rope_scaling_factor(float(rope["factor"]))
            case "yarn":
                original = rope.get("original_max_position_embeddings")
                writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
                writer.add_rope_scaling_factor(float(rope["factor"]))
                writer.add_rope_scaling_orig_ctx_len(original or self.checkpoint.setting("max_position_embeddings"))
            case other:
                raise InvalidRequest(f"positions that are scaled by '{other}' can't be converted")

    def tensors(self) -> Iterator[Tensor]:
        yield from super().tensors()
        if self.rope["rope_type"] == "llama3":
            factors = _llama3_factors(self.rope, self.head_width)
            yield Tensor("rope_freqs.weight", factors.shape, Type.F32, lambda: factors)

    def _write_sampling(self, writer: Any) -> None:
        """Write what the makers recommend; a whole number is one where the key asks for it."""
        recommended = self.checkpoint.optional("generation_config.json")
        for name, key in _SAMPLING.items():
            value = recommended.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                getattr(writer, f"add_sampling_{key}")(int(value) if key == "top_k" else float(value))


class Llama(_Decoder):
    """Llama 2 and 3, Mistral. Engines rotate neighbours, so queries and keys are put in that order."""

    kind = gguf.MODEL_ARCH.LLAMA

    def values(self, name: str) -> Values:
        values = super().values(name)
        heads = int(self.checkpoint.setting("num_attention_heads"))
        if "q_proj" in name:
            return _interleaved(values, heads)
        if "k_proj" in name:
            return _interleaved(values, int(self.checkpoint.setting("num_key_value_heads", "num_attention_heads")))
        return values


class Qwen2(_Decoder):
    """Qwen 2 and 2.5: biases on queries, keys and values."""

    kind = gguf.MODEL_ARCH.QWEN2


class Qwen3(_Decoder):
    """Qwen 3: norms on queries and keys."""

    kind = gguf.MODEL_ARCH.QWEN3


def _interleaved(values: Values, heads: int) -> Values:
    """Rows of each head from 'first half, second half' to pairs."""
    return values.reshape(heads, 2, -1, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape)


def _llama3_factors(rope: dict[str, Any], width: int) -> Values:
    """What each frequency is divided by (Llama 3.1's scaling, `rope_type: llama3` in Transformers)."""
    frequencies = rope["rope_theta"] ** -(np.arange(0, width, 2, dtype=np.float64) / width)
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    turns = rope["original_max_position_embeddings"] * frequencies / (2 * math.pi)
    smooth = np.clip((turns - low) / (high - low), 0.0, 1.0)
    return np.asarray(1 / ((1 - smooth) / factor + smooth), np.float32)
