"""Other makers' models at toy size whose published folders are not what transformers saves."""

# mypy: ignore-errors
# It runs where torch is, which the project does not need.

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import transformers
from shapes import TEXT
from vocabularies import likely, llama3s, with_bytes
from weights import amend, rename, saved, text_config

HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
CLIP = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
SMALL = {**TEXT, "head_dim": 16}


def named(ids: dict[str, int]) -> dict[str, Any]:
    return {
        "vocab_size": len(ids),
        "bos_token_id": ids["<s>"],
        "eos_token_id": ids["</s>"],
        "pad_token_id": ids["<pad>"],
    }


def llama3(folder: Path) -> None:
    ids = llama3s(folder)
    special = {"bos_token_id": ids["<|begin_of_text|>"], "eos_token_id": ids["<|eot_id|>"]}
    config = transformers.LlamaConfig(**SMALL, vocab_size=len(ids), **special)
    saved(transformers.LlamaForCausalLM(config), folder)
    amend(folder / "config.json", rope_theta=10000.0)


def arctic(folder: Path) -> None:
    """Snowflake Arctic Embed 2 is XLM-RoBERTa, of which the first token counts."""
    folder.mkdir(exist_ok=True)
    values = {
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "max_position_embeddings": 130,
        "type_vocab_size": 1,
        "pad_token_id": 1,
    }
    config = transformers.XLMRobertaConfig(vocab_size=likely(folder), **values)
    saved(transformers.XLMRobertaModel(config), folder)
    modules = [{"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    amend(folder / "1_Pooling" / "config.json", word_embedding_dimension=64, pooling_mode_cls_token=True)


def llama4(folder: Path) -> None:
    ids = with_bytes(folder)
    text = {
        **SMALL,
        **named(ids),
        "intermediate_size": 32,
        "intermediate_size_mlp": 96,
        "num_local_experts": 4,
        "num_experts_per_tok": 1,
        "interleave_moe_layer_step": 1,
        "attention_chunk_size": 64,
        "no_rope_layers": [1, 1, 1, 0],
        "use_qk_norm": True,
    }
    tower = {
        "hidden_size": 32,
        "intermediate_size": 128,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "image_size": 112,
        "patch_size": 14,
        "vision_output_dim": 64,
        "projector_input_dim": 64,
        "projector_output_dim": 64,
        "pixel_shuffle_ratio": 0.5,
        "num_channels": 3,
    }
    config = transformers.Llama4Config(
        text_config=text, vision_config=tower, image_token_index=ids["<|image|>"], tie_word_embeddings=False
    )
    saved(transformers.Llama4ForConditionalGeneration(config), folder)
    text_config(folder, rope_theta=10000.0)
    amend(folder / "preprocessor_config.json", **HALF, size={"height": 112, "width": 112})


def ministral3(folder: Path) -> None:
    ids = with_bytes(folder)
    rope = {
        "rope_type": "yarn",
        "rope_theta": 1000000.0,
        "factor": 16.0,
        "original_max_position_embeddings": 256,
        "beta_fast": 32.0,
        "beta_slow": 1.0,
        "mscale": 1.0,
        "mscale_all_dim": 1.0,
        "llama_4_scaling_beta": 0.1,
    }
    tower = {
        "model_type": "pixtral",
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "head_dim": 16,
        "hidden_act": "silu",
        "image_size": 112,
        "patch_size": 8,
        "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
    }
    text = {**SMALL, **named(ids), "model_type": "ministral3", "rope_parameters": rope}
    config = transformers.Mistral3Config(
        text_config=text, vision_config=tower, image_token_index=ids["[IMG]"], spatial_merge_size=2
    )
    saved(transformers.Mistral3ForConditionalGeneration(config), folder)
    text_config(folder, rope_parameters=rope)
    path = folder / "config.json"
    document = json.loads(path.read_text())
    document["vision_config"]["num_channels"] = 3
    path.write_text(json.dumps(document))
    rename(
        folder,
        (r"^model\.language_model\.", "language_model.model."),
        (r"^lm_head", "language_model.lm_head"),
        (r"^model\.(vision_tower|multi_modal_projector)", r"\1"),
    )
    amend(folder / "preprocessor_config.json", **CLIP, size={"longest_edge": 112}, patch_size=8)


NEMOTRON = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "ssm_state_size": 16,
    "mamba_num_heads": 4,
    "mamba_head_dim": 32,
    "n_groups": 2,
    "conv_kernel": 4,
    "max_position_embeddings": 4096,
}
EXPERTS = {
    "n_routed_experts": 4,
    "n_shared_experts": 1,
    "moe_intermediate_size": 32,
    "moe_shared_expert_intermediate_size": 48,
    "num_experts_per_tok": 2,
    "n_group": 1,
    "topk_group": 1,
    "moe_latent_size": 32,
}


def nemotron(folder: Path, kinds: str, **values: Any) -> dict[str, int]:
    """A letter for each layer: `M` is recurrent, `*` attends, `-` is dense, `E` has experts."""
    ids = with_bytes(folder)
    names = {"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}
    layers = [names[kind] for kind in kinds]
    config = transformers.NemotronHConfig(**NEMOTRON, **values, **named(ids), layers_block_type=layers)
    saved(transformers.NemotronHForCausalLM(config), folder)
    amend(
        folder / "config.json",
        architectures=["NemotronHForCausalLM"],
        hybrid_override_pattern=kinds,
        num_hidden_layers=len(kinds),
    )
    path = folder / "config.json"
    unknown = {"layers_block_type", *(() if values else EXPERTS)}
    document = {key: value for key, value in json.loads(path.read_text()).items() if key not in unknown}
    path.write_text(json.dumps(document))
    return ids


def nemotron_h(folder: Path) -> None:
    nemotron(folder, "M-*-")
    amend(folder / "config.json", model_type="without experts")  # transformers says that every one has experts


def nemotron_h_moe(folder: Path) -> None:
    nemotron(folder, "ME*E", **EXPERTS)


def laguna(folder: Path) -> None:
    ids = with_bytes(folder)
    values = {
        "moe_intermediate_size": 32,
        "shared_expert_intermediate_size": 32,
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "sliding_window": 32,
        "layer_types": ["full_attention", *["sliding_attention"] * 3],
        "mlp_layer_types": ["dense", "sparse", "sparse", "sparse"],
        "rope_parameters": {
            "full_attention": {
                "rope_type": "yarn",
                "rope_theta": 500000.0,
                "partial_rotary_factor": 0.5,
                "factor": 32.0,
                "original_max_position_embeddings": 128,
                "beta_fast": 64.0,
                "beta_slow": 1.0,
                "attention_factor": 1.0,
            },
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0},
        },
    }
    saved(transformers.LagunaForCausalLM(transformers.LagunaConfig(**SMALL | values, **named(ids))), folder)


OTHERS: dict[str, Callable[[Path], None]] = {
    "arctic": arctic,
    "llama3": llama3,
    "laguna": laguna,
    "llama4": llama4,
    "ministral3": ministral3,
    "nemotron_h": nemotron_h,
    "nemotron_h_moe": nemotron_h_moe,
}
