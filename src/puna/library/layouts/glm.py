"""GLM-OCR, and GLM-4.7-Flash, which is a DeepSeek by its layers."""

from puna.library.layouts.computed import join
from puna.library.layouts.layout import Layout
from puna.library.layouts.qwen25vl import four_sections
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.vision import vision_keys

_OCR_NAMES = {
    "attn_out": "attn_output",
    "post_attn_norm": "post_attention_norm",
    "post_ffn_norm": "post_ffw_norm",
}
_OCR_FRAMES = {
    "v.patch_embd_0.weight": "v.patch_embd.weight",
    "v.patch_embd_1.weight": "v.patch_embd.weight.1",
}


def ocr_text(rewrite: Rewrite) -> None:
    """GLM 4, with gate and value of a block in one tensor."""
    rewrite.become("glm4")
    four_sections(rewrite, "glm4.rope.mrope_section", "glm4.rope.dimension_sections")
    rewrite.default({"glm4.rope.dimension_count": rewrite.get("glm4.attention.key_length")})
    rewrite.set({"tokenizer.ggml.pre": "chatglm-bpe"})
    rewrite.rename(_OCR_NAMES)
    for name in [name for name in rewrite.pieces if name.endswith(".ffn_gate.weight")]:
        up = name.replace("_gate.", "_up.")
        join(rewrite, up, name, up)


def ocr_projector(rewrite: Rewrite) -> None:
    """GLM-4V's tower."""
    vision_keys(rewrite, "glmocr")
    rewrite.take(
        {
            "intermediate_size": "clip.vision.feed_forward_length",
            "attention.layer_norm_rms_epsilon": "clip.vision.attention.layer_norm_epsilon",
        },
        "glmocr.vision.",
    )
    rewrite.drop("clip.vision.projection_dim")
    rewrite.take({"out_hidden_size": "clip.vision.projection_dim"}, "glmocr.vision.")
    rewrite.default({"clip.projector_type": "glm4v", "clip.use_silu": True})
    rewrite.rename(_OCR_FRAMES)


def lite_text(rewrite: Rewrite) -> None:
    """DeepSeek 2, whose heads share one compressed key: the file counts them as if they did not."""
    widths = {f"{part}_length_mla": rewrite.get(f"glm4moelite.attention.{part}_length") for part in ("key", "value")}
    rewrite.become("deepseek2")
    compressed = rewrite.get("deepseek2.attention.kv_lora_rank")
    rotated = rewrite.get("deepseek2.rope.dimension_count")
    rewrite.set({"deepseek2.attention.head_count_kv": 1, "tokenizer.ggml.pre": "glm4"})
    if compressed and rotated:
        rewrite.set(
            {
                "deepseek2.attention.key_length": compressed + rotated,
                "deepseek2.attention.value_length": compressed,
            }
        )
    rewrite.set({f"deepseek2.attention.{key}": width for key, width in widths.items() if width})
    rewrite.default({"deepseek2.expert_group_count": 1, "deepseek2.expert_group_used_count": 1})
    _name_ends(rewrite)


def _name_ends(rewrite: Rewrite) -> None:
    """llama.cpp knows three tokens that end an answer by their roles: of the text, of a turn, of a message."""
    ids = rewrite.get("tokenizer.ggml.eos_token_ids", [])
    for role, number in zip(("eot", "eom"), ids[1:], strict=False):
        rewrite.default({f"tokenizer.ggml.{role}_token_id": int(number)})


GLMOCR = Layout(
    "a different name for the architecture, the vision tower in the model's file, separate gates",
    ocr_text,
    projector=ocr_projector,
)
GLM4MOELITE = Layout("a different name for the architecture, heads counted differently", lite_text)
