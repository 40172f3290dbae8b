"""Models of toy size with random weights, as Hugging Face has them: `python checkpoints.py NAME FOLDER`.

Runs in an environment with torch and transformers. Each row is what `config.json` of the real architecture has,
with a few layers and little width.
"""

# mypy: ignore-errors
# It runs where torch is, which the project does not need.

import json
import sys
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIALS = [
    *("<s>", "</s>", "<pad>", "<|image|>", "<|vision_start|>", "<|vision_end|>", "[IMG]", "[IMG_BREAK]", "[IMG_END]"),
    *(f"<unused{number}>" for number in range(7)),
    *("[gMASK]", "<sop>", "<|endoftext|>", "<|user|>", "<|observation|>", "<|begin_of_image|>", "<|end_of_image|>"),
]
TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {% if m.content is string %}{{ m.content }}{% else %}"
    "{% for part in m.content %}{{ part.text }}{% endfor %}{% endif %}\n{% endfor %}assistant: "
)
WIDTH, INNER, HEADS, KEYS, HEAD = 64, 96, 4, 2, 32

NEWER = ("Glm", "Qwen3_5")
"""Models that were published with `rope_parameters`."""
COLOURED = ("Mistral3", "Qwen2_5", "Glm")
"""Models that see colours as OpenAI's CLIP does."""
FLAT = ("Qwen2_5",)
"""Models whose `config.json` has what concerns text at its top."""
NO_ENDS = {"add_bos_token": False, "add_eos_token": False}
HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
CLIP = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}

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
    "v_head_dim": 64,
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


def tokenizer() -> Tokenizer:
    """GPT-2's kind: a token for each byte, one merge, and special tokens."""
    letters = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in letters]
    tokens = [chr(byte) for byte in letters] + [chr(256 + number) for number, _ in enumerate(others)] + ["he"]
    made = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, [("h", "e")]))
    split = pre_tokenizers.Split(Regex(QWEN2), "isolated")
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(text, special=True) for text in SPECIALS])
    return made


def configured(values: dict[str, Any], ids: dict[str, int], size: int) -> dict[str, Any]:
    """The values with the tokenizer's numbers in them; a negative number counts from the tokenizer's end."""
    found = dict(values)
    text = found["text_config"] = dict(found["text_config"]) if "text_config" in found else found
    if text is found:
        del found["text_config"]
    text |= {
        "vocab_size": size,
        "bos_token_id": ids["<s>"],
        "eos_token_id": ids["</s>"],
        "pad_token_id": ids["<pad>"],
    }
    if "vision_config" in found:
        found |= {"image_token_id": ids["<|image|>"], "vision_start_token_id": ids["<|vision_start|>"]}
        found |= {"vision_end_token_id": ids["<|vision_end|>"], "video_token_id": ids["<pad>"]}
    if "image_token_index" in found:
        found = {key: value for key, value in found.items() if key != "image_token_id"}
        found["image_token_index"] = ids["[IMG]"]
    return found


def write(name: str, folder: Path) -> None:
    """Save a checkpoint."""
    architecture, values = CHECKPOINTS[name]
    made = tokenizer()
    ids = made.get_vocab()
    kind = getattr(transformers, architecture)
    config = kind.config_class(**configured(values, ids, len(ids)))
    torch.manual_seed(1)
    model = kind(config).eval()
    with torch.no_grad():
        for each, parameter in model.named_parameters():
            parameter.copy_(drawn(each, parameter.shape))
    model.to(torch.float16).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="<pad>", chat_template=TEMPLATE
    ).save_pretrained(folder)
    settle(folder, architecture, values)
    if name == "gptoss":
        block(folder)
    if name == "qwen3vlmoe":
        turn(folder)


def drawn(name: str, shape: torch.Size) -> torch.Tensor:
    """Numbers that stay exact in 16 bits, whatever a converter does: it adds one to norms, and takes exponentials."""
    if name.endswith("A_log"):
        return torch.zeros(shape)
    if len(shape) == 1 and "norm" in name:
        return 1 + torch.randint(-32, 33, shape) / 128
    return torch.randint(-64, 65, shape) / 512


def settle(folder: Path, architecture: str, values: dict[str, Any]) -> None:
    """What published folders have, and this version of transformers leaves out or writes otherwise."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["architectures"] = [architecture]
    for part, given in ((config, values), (config.get("text_config"), values.get("text_config", {}))):
        if part is not None:
            rope = part.get("rope_parameters") or {}
            if "rope_theta" in rope:
                part.setdefault("rope_theta", rope["rope_theta"])
            if not architecture.startswith(NEWER):
                part.pop("rope_parameters", None)
            if rope.keys() & {"factor", "mrope_section"}:
                part["rope_scaling"] = {**rope, "type": rope["rope_type"]}
            part.update(
                {key: value for key, value in given.items() if key not in part and not isinstance(value, dict)}
            )
    if architecture.startswith(FLAT):
        config = {**config.pop("text_config"), **config}
    if "vision_config" in config:
        tower = config["vision_config"]
        tower.setdefault("rope_theta", (tower.get("rope_parameters") or {}).get("rope_theta", 10000.0))
    path.write_text(json.dumps(config, indent=2))
    ids = tokenizer().get_vocab()
    added = {"added_tokens_decoder": {ids[text]: {"content": text, "special": True} for text in SPECIALS}}
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "chat_template": TEMPLATE} | NO_ENDS | added))
    if "vision_config" in values:
        tower = config["vision_config"]
        (folder / "preprocessor_config.json").write_text(
            json.dumps(
                {
                    **(CLIP if architecture.startswith(COLOURED) else HALF),
                    "size": {"shortest_edge": 3136, "longest_edge": 1003520},
                    "patch_size": tower.get("patch_size"),
                    "temporal_patch_size": 2,
                    "merge_size": 2,
                    "min_pixels": 3136,
                    "max_pixels": 1003520,
                    "spatial_merge_size": 2,
                }
            )
        )


def turn(folder: Path) -> None:
    """Write the experts' matrices with rows and columns changed, as Qwen 3-VL was published."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    for name in [name for name in tensors if name.endswith(("experts.gate_up_proj", "experts.down_proj"))]:
        tensors[name] = tensors[name].transpose(1, 2).contiguous()
    save_file(tensors, path, {"format": "pt"})


def block(folder: Path) -> None:
    """Write the experts of gpt-oss as MXFP4, as its maker does."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    draw = torch.Generator().manual_seed(2)
    for name in [name for name in tensors if name.endswith(("gate_up_proj", "down_proj"))]:
        experts, columns, rows = tensors.pop(name).shape
        shape = (experts, rows, columns // 32)
        tensors[f"{name}_blocks"] = torch.randint(0, 256, (*shape, 16), generator=draw, dtype=torch.uint8)
        tensors[f"{name}_scales"] = torch.randint(121, 125, shape, generator=draw, dtype=torch.uint8)
    save_file(tensors, path, {"format": "pt"})


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
