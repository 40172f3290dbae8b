"""Google's models at toy size, with a tokenizer of SentencePiece's kind."""

# mypy: ignore-errors
# It runs where torch is, which the project does not need.

import json
from pathlib import Path
from typing import Any

import transformers
from vocabularies import PIECES, TEMPLATE, mergeable, pieces
from weights import amend, extend, rename, saved, text_config

TOKENIZER = {
    "tokenizer_class": "GemmaTokenizer",
    "bos_token": "<s>",
    "eos_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "add_bos_token": True,
    "chat_template": TEMPLATE,
}
TEXT: dict[str, Any] = {
    "vocab_size": PIECES,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "sliding_window": 32,
    "max_position_embeddings": 32768,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
}
GEMMA3 = {**TEXT, "query_pre_attn_scalar": 16}
ROPE = {"rope_theta": 1000000.0, "rope_local_base_freq": 10000.0}
SIGLIP = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 64,
    "patch_size": 8,
}


def gemma3(folder: Path) -> None:
    pieces(folder, "<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>", "<image_soft_token>")
    text = {**GEMMA3, "max_position_embeddings": 131072, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}}
    ids = {"boi_token_index": 6, "eoi_token_index": 7, "image_token_index": 8}
    config = transformers.Gemma3Config(text_config=text, vision_config=SIGLIP, mm_tokens_per_image=16, **ids)
    saved(transformers.Gemma3ForConditionalGeneration(config), folder)
    rename(folder, (r"^vision_tower\.(?!vision_model)", "vision_tower.vision_model."), without=r"\.head\.")
    amend(folder / "tokenizer_config.json", **TOKENIZER)
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    amend(folder / "config.json", architectures=["Gemma3ForConditionalGeneration"], mm_tokens_per_image=16, **heads)
    picture = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "image_seq_length": 16}
    amend(folder / "preprocessor_config.json", size={"height": 64, "width": 64}, **picture)


def gemma3text(folder: Path) -> None:
    pieces(folder, "<start_of_turn>", "<end_of_turn>")
    saved(transformers.Gemma3ForCausalLM(transformers.Gemma3TextConfig(**GEMMA3)), folder)
    amend(folder / "tokenizer_config.json", **TOKENIZER)
    amend(folder / "config.json", architectures=["Gemma3ForCausalLM"], **ROPE)


def embeddinggemma(folder: Path) -> None:
    pieces(folder)
    config = transformers.Gemma3TextConfig(
        **GEMMA3 | {"max_position_embeddings": 2048, "num_key_value_heads": 1}, use_bidirectional_attention=True
    )
    saved(transformers.Gemma3TextModel(config), folder)
    amend(folder / "tokenizer_config.json", **TOKENIZER)
    amend(folder / "config.json", architectures=["Gemma3TextModel"], **ROPE)
    parts = ("Transformer", "Pooling", "Dense", "Dense", "Normalize")
    paths = ("", "1_Pooling", "2_Dense", "3_Dense", "4_Normalize")
    modules = [
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{part}"}
        for number, (part, path) in enumerate(zip(parts, paths, strict=True))
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    amend(folder / "1_Pooling" / "config.json", word_embedding_dimension=64, pooling_mode_mean_tokens=True)
    for name, into, out in (("2_Dense", 64, 128), ("3_Dense", 128, 64)):
        (folder / name).mkdir()
        extend(folder / name, {"linear.weight": (out, into)})
        amend(folder / name / "config.json", in_features=into, out_features=out, bias=False)


def gemma3n(folder: Path) -> None:
    pieces(folder, "<start_of_turn>", "<end_of_turn>")
    text = {
        **TEXT,
        "vocab_size": PIECES + 16,
        "vocab_size_per_layer_input": PIECES,
        "hidden_size_per_layer_input": 256,
        "intermediate_size": [96] * 10,
        "num_hidden_layers": 10,
        "altup_num_inputs": 4,
        "laurel_rank": 64,
        "num_kv_shared_layers": 5,
        "activation_sparsity_pattern": [0.95] * 2 + [0.0] * 8,
        "layer_types": (["sliding_attention"] * 4 + ["full_attention"]) * 2,
    }
    config = transformers.Gemma3nTextConfig(**text)
    saved(transformers.Gemma3nForCausalLM(config), folder)
    rename(folder, (r"^model\.", "model.language_model."))
    shared = [f"model.language_model.layers.{layer}.self_attn." for layer in range(5, 10)]  # published, and not used
    extend(folder, {f"{layer}{part}_proj.weight": (32, 64) for layer in shared for part in "kv"})
    extend(folder, {f"{layer}k_norm.weight": (16,) for layer in shared})
    amend(folder / "tokenizer_config.json", **TOKENIZER)
    text = json.loads((folder / "config.json").read_text()) | ROPE | {"intermediate_size": 96}
    whole = {"architectures": ["Gemma3nForConditionalGeneration"], "model_type": "gemma3n", "text_config": text}
    (folder / "config.json").write_text(json.dumps({**whole, "vocab_size": PIECES + 16}))


def gemma4(folder: Path, *, sound: bool = False, **experts: Any) -> None:
    specials = ("<|turn>", "<turn|>", "<|channel>", "<channel|>", "<|image>", "<image|>", "<|image|>", "<|audio|>")
    pieces(folder, *specials)
    mergeable(folder)
    text = {
        **TEXT,
        "global_head_dim": 32,
        "layer_types": ["sliding_attention"] * 5 + ["full_attention"],
        "hidden_size_per_layer_input": 0,
        "num_kv_shared_layers": 0,
        "vocab_size_per_layer_input": PIECES,
        **experts,
    }
    tower = {
        **SIGLIP,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "patch_size": 16,
        "pooling_kernel_size": 3,
        "position_embedding_size": 64,
        "default_output_length": 64,
    }
    ear = (
        {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "output_proj_dims": 64}
        if sound
        else None
    )
    config = transformers.Gemma4Config(
        text_config=text,
        vision_config=tower,
        audio_config=ear if sound else None,
        image_token_id=10,
        audio_token_id=11,
    )
    saved(transformers.Gemma4ForConditionalGeneration(config), folder)
    text_config(folder, head_dim=16, global_head_dim=32)
    amend(
        folder / "tokenizer_config.json",
        **TOKENIZER | {"tokenizer_class": "PreTrainedTokenizerFast", "additional_special_tokens": specials},
    )
    colours = {"image_mean": [0.0] * 3, "image_std": [1.0] * 3}
    amend(folder / "processor_config.json", image_processor=colours)
    amend(folder / "preprocessor_config.json", **colours)


def gemma4moe(folder: Path) -> None:
    gemma4(folder, enable_moe_block=True, num_experts=4, top_k_experts=2, moe_intermediate_size=32)


def gemma4audio(folder: Path) -> None:
    gemma4(folder, sound=True)


GEMMAS = {
    "embeddinggemma": embeddinggemma,
    "gemma3": gemma3,
    "gemma3text": gemma3text,
    "gemma3n": gemma3n,
    "gemma4": gemma4,
    "gemma4moe": gemma4moe,
    "gemma4audio": gemma4audio,
}
