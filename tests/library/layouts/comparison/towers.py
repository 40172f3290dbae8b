"""Models at toy size with towers that transformers does not have: their weights are drawn by name."""

# mypy: ignore-errors
# It runs where torch is, which the project does not need.

import json
from pathlib import Path
from typing import Any

import torch
import transformers
from others import CLIP, EXPERTS, SMALL, named, nemotron
from shapes import TEXT
from vocabularies import with_bytes
from weights import amend, drawn, extend, rename, saved

Shapes = dict[str, tuple[int, ...]]
WIDTH = 64


def linear(name: str, into: int, out: int) -> Shapes:
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


def norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def nemotron_h_omni(folder: Path) -> None:
    """A language model in it, and RADIO with 32 layers, as both converters know it."""
    ids = nemotron(folder, "ME*E", **EXPERTS)
    rename(folder, (r"^", "language_model."))
    radio = "vision_model.radio_model.model"
    side, patch = 63, 16  # of which 32 is every second: in 32 layers the rounding of anything else grows too far
    shapes: Shapes = {
        f"{radio}.patch_generator.embedder.weight": (WIDTH, 3 * patch * patch),
        f"{radio}.patch_generator.pos_embed": (1, side * side, WIDTH),
        f"{radio}.patch_generator.cls_token.token": (10, WIDTH),
        "mlp1.0.weight": (4 * WIDTH,),
        "mlp1.1.weight": (96, 4 * WIDTH),
        "mlp1.3.weight": (WIDTH, 96),
    }
    for layer in range(32):
        block = f"{radio}.blocks.{layer}"
        shapes |= norm(f"{block}.norm1", WIDTH) | norm(f"{block}.norm2", WIDTH)
        shapes |= linear(f"{block}.attn.qkv", WIDTH, 3 * WIDTH) | linear(f"{block}.attn.proj", WIDTH, WIDTH)
        shapes |= linear(f"{block}.mlp.fc1", WIDTH, 4 * WIDTH) | linear(f"{block}.mlp.fc2", 4 * WIDTH, WIDTH)
    extend(folder, shapes)
    path = folder / "config.json"
    text = path.read_text()
    path.unlink()
    amend(
        path,
        architectures=["NemotronH_Nano_VL_V2"],
        model_type="NemotronH_Nano_VL_V2",
        llm_config=json.loads(text),
        vision_config={"patch_size": patch, "version": "radio_v2.5-h"},
        force_image_size=512,
        downsample_ratio=0.5,
        vit_hidden_size=WIDTH,
        projector_hidden_size=96,
        img_context_token_id=ids["<|image|>"],
    )
    amend(
        folder / "preprocessor_config.json",
        image_size=512,
        patch_size=patch,
        norm_mean=CLIP["image_mean"],
        norm_std=CLIP["image_std"],
        **CLIP,
    )


def deepseekocr(folder: Path) -> None:
    """A language model with experts, SAM and CLIP."""
    ids = with_bytes(folder)
    heads, head, inner, expert, experts = 4, 16, 96, 32, 4
    shapes: Shapes = {
        "model.embed_tokens.weight": (len(ids), WIDTH),
        "lm_head.weight": (len(ids), WIDTH),
        "model.norm.weight": (WIDTH,),
    }
    for layer in range(3):
        block = f"model.layers.{layer}"
        shapes |= {f"{block}.input_layernorm.weight": (WIDTH,), f"{block}.post_attention_layernorm.weight": (WIDTH,)}
        shapes |= {f"{block}.self_attn.{part}_proj.weight": (heads * head, WIDTH) for part in "qkvo"}
        widths = {f"{block}.mlp": inner}
        if layer:
            widths = {f"{block}.mlp.experts.{number}": expert for number in range(experts)}
            widths[f"{block}.mlp.shared_experts"] = 2 * expert
            shapes[f"{block}.mlp.gate.weight"] = (experts, WIDTH)
        for name, width in widths.items():
            shapes |= {f"{name}.{part}_proj.weight": (width, WIDTH) for part in ("gate", "up")}
            shapes[f"{name}.down_proj.weight"] = (WIDTH, width)
    shapes |= sam("model.sam_model") | clip("model.vision_model")
    shapes |= linear("model.projector.layers", 2 * WIDTH, WIDTH)
    shapes |= {"model.image_newline": (WIDTH,), "model.view_seperator": (WIDTH,)}
    extend(folder, shapes)
    language = {
        **{key: TEXT[key] for key in ("hidden_size", "num_attention_heads", "max_position_embeddings")},
        **named(ids),
        "architectures": ["DeepseekOCRForCausalLM"],
        "model_type": "deepseek_v2",
        "num_hidden_layers": 3,
        "num_key_value_heads": heads,
        "intermediate_size": inner,
        "moe_intermediate_size": expert,
        "n_routed_experts": experts,
        "n_shared_experts": 2,
        "num_experts_per_tok": 2,
        "first_k_dense_replace": 1,
        "n_group": 1,
        "topk_group": 1,
        "topk_method": "greedy",
        "kv_lora_rank": None,
        "q_lora_rank": None,
        "qk_nope_head_dim": 0,
        "qk_rope_head_dim": 0,
        "v_head_dim": 0,
        "use_mla": False,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
    }
    eyes = {
        "clip-l-14-224": {"heads": 4, "image_size": 224, "layers": 4, "patch_size": 14, "width": WIDTH},
        "sam_vit_b": {
            "downsample_channels": [32, WIDTH],
            "global_attn_indexes": [2],
            "heads": 2,
            "layers": 3,
            "width": 32,
        },
    }
    amend(
        folder / "config.json",
        **language | {"model_type": "DeepseekOCR"},
        language_config=language,
        vision_config={"image_size": 1024, "mlp_ratio": 3.7362, "width": eyes, "model_name": "deeplip_b_l"},
        projector_config={"input_dim": 2 * WIDTH, "n_embed": WIDTH, "projector_type": "linear"},
    )
    amend(folder / "preprocessor_config.json", image_mean=[0.5] * 3, image_std=[0.5] * 3)


def sam(name: str) -> Shapes:
    """For pictures of 1,024 by 1,024, with windows of 14 patches in all layers but the third."""
    width, neck = 32, 256
    shapes: Shapes = {f"{name}.pos_embed": (1, 64, 64, width), f"{name}.patch_embed.proj.weight": (width, 3, 16, 16)}
    shapes |= {f"{name}.patch_embed.proj.bias": (width,)}
    for layer in range(3):
        block, reach = f"{name}.blocks.{layer}", 64 if layer == 2 else 14
        shapes |= norm(f"{block}.norm1", width) | norm(f"{block}.norm2", width)
        shapes |= linear(f"{block}.attn.qkv", width, 3 * width) | linear(f"{block}.attn.proj", width, width)
        shapes |= {f"{block}.attn.rel_pos_{axis}": (2 * reach - 1, width // 2) for axis in "hw"}
        shapes |= linear(f"{block}.mlp.lin1", width, 4 * width) | linear(f"{block}.mlp.lin2", 4 * width, width)
    shapes |= {f"{name}.neck.0.weight": (neck, width, 1, 1), f"{name}.neck.2.weight": (neck, neck, 3, 3)}
    shapes |= norm(f"{name}.neck.1", neck) | norm(f"{name}.neck.3", neck)
    return shapes | {f"{name}.net_2.weight": (32, neck, 3, 3), f"{name}.net_3.weight": (WIDTH, 32, 3, 3)}


def clip(name: str) -> Shapes:
    """CLIP, which gets what SAM has seen."""
    shapes: Shapes = {
        f"{name}.embeddings.class_embedding": (WIDTH,),
        f"{name}.embeddings.patch_embedding.weight": (WIDTH, 3, 14, 14),
        f"{name}.embeddings.position_embedding.weight": (257, WIDTH),
    }
    shapes |= norm(f"{name}.pre_layrnorm", WIDTH)
    for layer in range(4):
        block = f"{name}.transformer.layers.{layer}"
        shapes |= norm(f"{block}.layer_norm1", WIDTH) | norm(f"{block}.layer_norm2", WIDTH)
        shapes |= linear(f"{block}.self_attn.qkv_proj", WIDTH, 3 * WIDTH)
        shapes |= linear(f"{block}.self_attn.out_proj", WIDTH, WIDTH)
        shapes |= linear(f"{block}.mlp.fc1", WIDTH, 4 * WIDTH) | linear(f"{block}.mlp.fc2", 4 * WIDTH, WIDTH)
    return shapes


def llava(folder: Path) -> None:
    """A Llama, and CLIP beside it with the projector's two layers, as LLaVA's makers had them in files apart."""
    ids = with_bytes(folder)
    saved(transformers.LlamaForCausalLM(transformers.LlamaConfig(**SMALL, **named(ids))), folder)
    amend(folder / "config.json", rope_theta=10000.0)
    tower = folder / "tower"
    eyes = {"hidden_size": WIDTH, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4}
    sizes = {"image_size": 56, "patch_size": 14, "projection_dim": 48}
    saved(transformers.CLIPVisionModel(transformers.CLIPVisionConfig(**eyes, **sizes)), tower)
    layers = linear("model.mm_projector.0", WIDTH, WIDTH) | linear("model.mm_projector.2", WIDTH, WIDTH)
    torch.save({name: drawn(name, torch.Size(shape)) for name, shape in layers.items()}, tower / "llava.projector")


TOWERS: dict[str, Any] = {"deepseekocr": deepseekocr, "llava": llava, "nemotron_h_omni": nemotron_h_omni}
