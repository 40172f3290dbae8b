import pytest
from gguf import GGMLQuantizationType as Type
from gguf import LlamaFileType

from puna.library.mixtures import Shape, type_of

SIZE = (4, 512)


@pytest.mark.parametrize(
    ("file_type", "name", "types"),
    [
        ("Q4_K_M", "attn_v", "6644644644644666"),
        ("Q4_K_M", "ffn_down_exps", "6644644644644666"),
        ("Q4_K_M", "attn_q", "4" * 16),
        ("Q4_K_S", "attn_v", "5555444444444444"),
        ("Q4_K_S", "ffn_down", "5544444444444444"),
        ("Q3_K_L", "attn_output", "5" * 16),
        ("Q3_K_M", "attn_v", "5544444444444444"),
        ("Q3_K_M", "ffn_down", "5444444444444444"),
        ("Q3_K_S", "ffn_down", "3" * 16),
        ("Q2_K", "attn_v", "3" * 16),
        ("Q2_K", "ffn_up", "2" * 16),
    ],
)
def test_sensitive_matrices_get_more_bits(file_type: str, name: str, types: str) -> None:
    kind, mixture = Type[file_type[:4]], LlamaFileType[f"MOSTLY_{file_type}"]
    shape = Shape(layers=16)
    found = [type_of(f"blk.{layer}.{name}.weight", SIZE, kind, mixture, shape) for layer in range(16)]
    assert found == [Type[f"Q{digit}_K"] for digit in types]


def test_embeddings_that_are_the_output_are_as_precise_as_that() -> None:
    assert type_of("token_embd.weight", SIZE, Type.Q3_K, shape=Shape(tied=True)) == Type.Q6_K
    assert type_of("token_embd.weight", SIZE, Type.Q3_K, shape=Shape(tied=False)) == Type.Q3_K


def test_values_that_many_heads_share_get_more_bits() -> None:
    name, mixture = "blk.0.attn_v.weight", LlamaFileType.MOSTLY_Q2_K
    assert type_of(name, SIZE, Type.Q2_K, mixture, Shape(layers=1, sharing=4)) == Type.Q4_K
