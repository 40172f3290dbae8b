"""The toys' configs: what `config.json` of the real architecture has, with a few layers and little width."""

from typing import Any

WIDTH, INNER, HEADS, KEYS, HEAD = 64, 96, 4, 2, 32

TEXT: dict[str, Any] = {
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_hidden_layers": 4,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KEYS,
    "head_dim": HEAD,
    "max_position_embeddings": 4096,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
}
EXPERTS = {"moe_intermediate_size": 32, "num_experts": 4, "num_experts_per_tok": 2, "norm_topk_prob": True}
QWEN_TOWER = {
    "depth": 3,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_heads": 4,
    "patch_size": 16,
    "temporal_patch_size": 2,
    "spatial_merge_size": 2,
    "out_hidden_size": WIDTH,
}
QWEN3_TOWER = {**QWEN_TOWER, "num_position_embeddings": 64, "deepstack_visual_indexes": [0, 1]}
INTERLEAVED = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [8, 4, 4], "mrope_interleaved": True}
MROPE = {"rope_parameters": INTERLEAVED}
RECURRENT = {
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 32,
    "linear_value_head_dim": 32,
    "linear_conv_kernel_dim": 4,
    "full_attention_interval": 4,
    "partial_rotary_factor": 0.25,
}
NEXT = {**RECURRENT, **EXPERTS, "shared_expert_intermediate_size": 32, "decoder_sparse_step": 1}
PIXTRAL = {
    "model_type": "pixtral",
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "head_dim": 16,
    "image_size": 96,
    "patch_size": 8,
    "hidden_act": "silu",
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
}
LATENT = {
    "q_lora_rank": 32,
    "kv_lora_rank": 32,
    "qk_nope_head_dim": 32,
    "qk_rope_head_dim": 32,
    "v_head_dim": 48,
    "num_key_value_heads": HEADS,
    "n_routed_experts": 4,
    "n_shared_experts": 1,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 32,
    "first_k_dense_replace": 1,
    "n_group": 1,
    "topk_group": 1,
    "scoring_func": "sigmoid",
    "routed_scaling_factor": 1.8,
    "norm_topk_prob": True,
}

CHECKPOINTS: dict[str, tuple[str, dict[str, Any]]] = {
    "olmo3": (
        "Olmo3ForCausalLM",
        {
            **TEXT,
            "sliding_window": 32,
            "head_dim": WIDTH // HEADS,
            "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0},
        },
    ),
    "lfm2": (
        "Lfm2ForCausalLM",
        {
            **TEXT,
            "head_dim": 16,
            "tie_word_embeddings": True,
            "block_ff_dim": INNER,
            "block_auto_adjust_ff_dim": False,
            "layer_types": ["conv", "full_attention"] * 2,
            "conv_L_cache": 3,
        },
    ),
    "lfm2moe": (
        "Lfm2MoeForCausalLM",
        {
            **TEXT,
            **EXPERTS,
            "head_dim": 16,
            "norm_eps": 1e-6,
            "num_dense_layers": 1,
            "use_expert_bias": True,
            "layer_types": ["conv", "full_attention"] * 2,
            "conv_L_cache": 3,
            "tie_word_embeddings": True,
        },
    ),
    "qwen3next": ("Qwen3NextForCausalLM", {**TEXT, **NEXT}),
    "glm4moelite": ("Glm4MoeLiteForCausalLM", {**TEXT, **LATENT}),
    "gptoss": (
        "GptOssForCausalLM",
        {
            **TEXT,
            "initial_context_length": 128,
            "num_local_experts": 4,
            "experts_per_token": 2,
            "num_experts_per_tok": 2,
            "sliding_window": 16,
            "rope_parameters": {
                "rope_type": "yarn",
                "rope_theta": 10000.0,
                "factor": 32.0,
                "beta_fast": 32.0,
                "beta_slow": 1.0,
                "truncate": False,
                "original_max_position_embeddings": 128,
            },
        },
    ),
    "glmocr": (
        "GlmOcrForConditionalGeneration",
        {
            "text_config": {
                **TEXT,
                "rope_parameters": {
                    "rope_type": "default",
                    "mrope_section": [4, 6, 6],
                    "rope_theta": 10000.0,
                    "partial_rotary_factor": 1.0,
                },
            },
            "vision_config": {**QWEN_TOWER, "patch_size": 14, "image_size": 112},
        },
    ),
    "qwen35": (
        "Qwen3_5ForConditionalGeneration",
        {
            "text_config": {**TEXT, **RECURRENT, **MROPE},
            "vision_config": {**QWEN_TOWER, "num_position_embeddings": 64},
        },
    ),
    "qwen35moe": (
        "Qwen3_5MoeForConditionalGeneration",
        {"text_config": {**TEXT, **NEXT, **MROPE}, "vision_config": {**QWEN_TOWER, "num_position_embeddings": 64}},
    ),
    "qwen25vl": (
        "Qwen2_5_VLForConditionalGeneration",
        {
            "text_config": {
                **TEXT,
                "head_dim": 16,
                "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]},
            },
            "vision_config": {**QWEN_TOWER, "patch_size": 14, "window_size": 112, "fullatt_block_indexes": [2]},
        },
    ),
    "qwen3vl": ("Qwen3VLForConditionalGeneration", {"text_config": {**TEXT, **MROPE}, "vision_config": QWEN3_TOWER}),
    "qwen3vlmoe": (
        "Qwen3VLMoeForConditionalGeneration",
        {"text_config": {**TEXT, **EXPERTS, **MROPE, "decoder_sparse_step": 1}, "vision_config": QWEN3_TOWER},
    ),
    "mistral3": (
        "Mistral3ForConditionalGeneration",
        {
            "text_config": {**TEXT, "model_type": "mistral"},
            "vision_config": PIXTRAL,
            "spatial_merge_size": 2,
            "image_token_index": -6,
        },
    ),
}
