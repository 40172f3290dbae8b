from pathlib import Path
from typing import Any

from puna.engines.llama.kv_size import context_cost
from puna.formats.gguf import Metadata, Tensor

F32 = 0


def metadata(architecture: str, layers: list[dict[str, tuple[int, ...]]], **keys: Any) -> Metadata:
    tensors = tuple(
        Tensor(f"blk.{index}.{name}.weight", shape, F32, 0)
        for index, layer in enumerate(layers)
        for name, shape in layer.items()
    )
    values = {"general.architecture": architecture}
    values |= {f"{architecture}.{key.replace('__', '.')}": value for key, value in keys.items()}
    return Metadata(Path("none"), 3, values, tensors, 0)


ATTENTION: dict[str, tuple[int, ...]] = {"attn_k": (64, 16), "attn_v": (64, 32)}


def test_every_layer_keeps_keys_and_values() -> None:
    cost = context_cost(metadata("llama", [ATTENTION] * 3))
    assert cost.bytes(1000, 4, "f16") == 3 * (16 + 32) * 2 * 1000
    assert cost.bytes(1024, 4, "q8_0") == 3 * (16 + 32) * 34 // 32 * 1024


def test_windowed_layers_keep_a_window_for_each_sequence() -> None:
    cost = context_cost(metadata("gemma3", [ATTENTION] * 6, attention__sliding_window=100))
    windowed = 5 * 48 * 2 * 1024  # 100 * 4 + 512, rounded up to 256s
    assert cost.bytes(8192, 4, "f16") == windowed + 48 * 2 * 8192


def test_an_unknown_pattern_is_taken_for_the_most_it_can_be() -> None:
    cost = context_cost(metadata("unheard-of", [ATTENTION] * 2, attention__sliding_window=100))
    assert cost.windowed_numbers == 0


def test_a_latent_vector_stands_for_keys_and_values() -> None:
    cost = context_cost(metadata("deepseek2", [{"attn_kv_a_mqa": (2048, 576), "attn_k_b": (1, 1)}]))
    assert cost.bytes(10, 1, "f16") == 576 * 2 * 10


def test_recurrent_layers_keep_one_state_for_each_sequence() -> None:
    keys = {"ssm__conv_kernel": 4, "ssm__inner_size": 128, "ssm__state_size": 16, "ssm__group_count": 1}
    cost = context_cost(metadata("jamba", [{"ssm_conv1d": (4, 128)}, ATTENTION], embedding_length=64, **keys))
    state = (3 * (128 + 2 * 16) + 16 * 128) * 4
    assert cost.bytes(100, 2, "f16") == 2 * state + 48 * 2 * 100
    assert cost.checkpoint_bytes("f16") == state


def test_tokens_is_the_inverse_of_bytes() -> None:
    for cost in (
        context_cost(metadata("llama", [ATTENTION] * 3)),
        context_cost(metadata("gemma3", [ATTENTION] * 6, attention__sliding_window=100)),
    ):
        for tokens in (100, 5000, 100_000):
            assert abs(cost.tokens(cost.bytes(tokens, 4, "f16"), 4, "f16") - tokens) <= 1
