"""The forward passes of the converted families, straight from their papers, in numpy."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.library.conversion.checkpoints import Weights

Array = npt.NDArray[np.float64]


def decoder_log_probabilities(config: dict[str, Any], weights: Weights, tokens: list[int]) -> Array:
    """What a Llama, Qwen 2 or Qwen 3 expects after these tokens: a log probability for each token."""
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    head = config.get("head_dim", config["hidden_size"] // heads)
    cosine, sine = _rotations(config, len(tokens), head)
    hidden = weights["model.embed_tokens.weight"].astype(np.float64)[tokens]
    for layer in range(config["num_hidden_layers"]):
        part = {
            name.split(f"model.layers.{layer}.")[1]: values
            for name, values in weights.items()
            if name.startswith(f"model.layers.{layer}.")
        }
        normed = _rms(hidden, part["input_layernorm.weight"], config)
        states = []
        for name, count in (("q", heads), ("k", groups), ("v", groups)):
            state = normed @ part[f"self_attn.{name}_proj.weight"].T + part.get(f"self_attn.{name}_proj.bias", 0)
            state = state.reshape(len(tokens), count, head)
            if f"self_attn.{name}_norm.weight" in part:
                state = _rms(state, part[f"self_attn.{name}_norm.weight"], config)
            states.append(_rotated(state, cosine, sine) if name != "v" else state)
        query, key, value = (np.repeat(state, heads // state.shape[1], axis=1) for state in states)
        scores = np.einsum("qhd,khd->hqk", query, key) / math.sqrt(head)
        scores[:, *np.triu_indices(len(tokens), 1)] = -np.inf
        mixed = np.einsum("hqk,khd->qhd", _softmax(scores), value).reshape(len(tokens), -1)
        hidden = hidden + mixed @ part["self_attn.o_proj.weight"].T
        normed = _rms(hidden, part["post_attention_layernorm.weight"], config)
        gate = normed @ part["mlp.gate_proj.weight"].T
        hidden = (
            hidden
            + (gate / (1 + np.exp(-gate)) * (normed @ part["mlp.up_proj.weight"].T)) @ part["mlp.down_proj.weight"].T
        )
    last = _rms(hidden[-1:], weights["model.norm.weight"], config)[0]
    logits = weights.get("lm_head.weight", weights["model.embed_tokens.weight"]) @ last
    return np.asarray(logits - logits.max() - np.log(np.exp(logits - logits.max()).sum()))


def _rms(values: Any, weight: Any, config: dict[str, Any]) -> Array:
    return np.asarray(values / np.sqrt((values**2).mean(-1, keepdims=True) + config["rms_norm_eps"]) * weight)


def _softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def _rotations(config: dict[str, Any], count: int, head: int) -> tuple[Array, Array]:
    """Cosines and sines by position, as Transformers computes them, Llama 3.1's scaling too."""
    frequencies = config.get("rope_theta", 10000.0) ** -(np.arange(0, head, 2) / head)
    if scaling := config.get("rope_scaling"):
        frequencies = np.array([_scaled(frequency, scaling) for frequency in frequencies])
    angles = np.outer(np.arange(count), np.concatenate([frequencies, frequencies]))[:, None, :]
    return np.cos(angles), np.sin(angles)


def _scaled(frequency: float, scaling: dict[str, Any]) -> float:
    if scaling["rope_type"] == "linear":
        return frequency / float(scaling["factor"])
    original = scaling["original_max_position_embeddings"]
    length = 2 * math.pi / frequency
    if length < original / scaling["high_freq_factor"]:
        return frequency
    if length > original / scaling["low_freq_factor"]:
        return frequency / float(scaling["factor"])
    smooth = (original / length - scaling["low_freq_factor"]) / (
        scaling["high_freq_factor"] - scaling["low_freq_factor"]
    )
    return float((1 - smooth) * frequency / scaling["factor"] + smooth * frequency)


def _rotated(state: Array, cosine: Array, sine: Array) -> Array:
    half = state.shape[-1] // 2
    return state * cosine + np.concatenate([-state[..., half:], state[..., :half]], -1) * sine


def bert_embedding(config: dict[str, Any], weights: Weights, tokens: list[int]) -> Array:
    """The normed mean of the last layer of a BERT."""
    heads, epsilon = config["num_attention_heads"], config["layer_norm_eps"]

    def linear(values: Array, name: str) -> Array:
        return np.asarray(values @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])

    def norm(values: Array, name: str) -> Array:
        centred = values - values.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon)
        return np.asarray(scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"])

    words = weights["embeddings.word_embeddings.weight"].astype(np.float64)[tokens]
    words = words + weights["embeddings.position_embeddings.weight"][: len(tokens)]
    hidden = norm(words + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    erf = np.vectorize(math.erf)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}."
        query, key, value = (
            linear(hidden, f"{prefix}attention.self.{name}").reshape(len(tokens), heads, -1)
            for name in ("query", "key", "value")
        )
        scores = _softmax(np.einsum("qhd,khd->hqk", query, key) / math.sqrt(query.shape[-1]))
        mixed = np.einsum("hqk,khd->qhd", scores, value).reshape(len(tokens), -1)
        attended = linear(mixed, f"{prefix}attention.output.dense") + hidden
        hidden = norm(attended, f"{prefix}attention.output.LayerNorm")
        inner = linear(hidden, f"{prefix}intermediate.dense")
        inner = inner * 0.5 * (1 + erf(inner / math.sqrt(2)))
        hidden = norm(linear(inner, f"{prefix}output.dense") + hidden, f"{prefix}output.LayerNorm")
    mean = hidden.mean(0)
    return np.asarray(mean / np.linalg.norm(mean))
