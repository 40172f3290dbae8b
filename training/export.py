"""Writing the trained network as a GGUF file that llama.cpp runs: `python -m training.export`."""

import argparse
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer

from training import vocabulary
from training.model import Shape

ARCHITECTURE = "qwen3"
STEPS_KEY = "puna.training_steps"
"""How many steps of training a file has behind it: where `training.recover` goes on."""
TEMPLATE = Path(__file__).with_name("template.jinja")

SIGHTS = "sights.weight"
"""The weights that are no part of the file: the vectors of what the tower writes."""

NAMES = {
    "embedding.weight": "token_embd.weight",
    "norm.weight": "output_norm.weight",
    "attention_norm.weight": "attn_norm.weight",
    "attention.query.weight": "attn_q.weight",
    "attention.key.weight": "attn_k.weight",
    "attention.value.weight": "attn_v.weight",
    "attention.output.weight": "attn_output.weight",
    "attention.query_norm.weight": "attn_q_norm.weight",
    "attention.key_norm.weight": "attn_k_norm.weight",
    "feed_norm.weight": "ffn_norm.weight",
    "feed.gate.weight": "ffn_gate.weight",
    "feed.up.weight": "ffn_up.weight",
    "feed.down.weight": "ffn_down.weight",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder of training")
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--type", choices=("Q8_0", "F16"), default="Q8_0")
    arguments = parser.parse_args()
    saved = torch.load(arguments.out / "checkpoint.pt", weights_only=True)
    tokenizer = vocabulary.load(arguments.out / "tokenizer.json")
    writer = gguf.GGUFWriter(arguments.gguf, ARCHITECTURE)
    _describe(writer, Shape(**saved["shape"]))
    writer.add_uint32(STEPS_KEY, saved["step"])
    writer.add_file_type(gguf.LlamaFileType[f"MOSTLY_{arguments.type}"])
    _add_vocabulary(writer, tokenizer)
    for name, weight in mean(arguments.out, saved["step"]).items():
        if name == SIGHTS:
            continue  # the projector's file has what is seen
        _add_tensor(writer, _gguf_name(name), weight.numpy(), gguf.GGMLQuantizationType[arguments.type])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{arguments.gguf}: {arguments.gguf.stat().st_size / 1e6:.2f} MB")


def mean(out: Path, step: int) -> dict[str, torch.Tensor]:
    """The mean of the weights that were kept in the last tenth of the steps, or the last ones where none were: what a
    model is least sure of changes from step to step, and their mean does better there than each of them."""
    files = [file for file in sorted(out.glob("checkpoint-*.pt")) if int(file.stem.partition("-")[2]) > 0.9 * step]
    files = files or [out / "checkpoint.pt"]
    kept = [torch.load(file, weights_only=True)["weights"] for file in files]
    return {name: torch.stack([weights[name] for weights in kept]).mean(0) for name in kept[0]}


def _describe(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_name("tiny")
    writer.add_author("The Puna project")
    writer.add_license("mit")
    writer.add_description("A very small language model, trained from nothing on generated text.")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.key_heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    # What a model this small is surest of is what it should say when a request names no temperature.
    writer.add_float32("general.sampling.temp", 0.0)
    # Puna's own key: how much the model thinks where a request says nothing.
    writer.add_string("puna.reasoning_effort", "none")


def _add_vocabulary(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    count = tokenizer.get_vocab_size()
    tokens = [str(tokenizer.id_to_token(number)) for number in range(count)]
    ids = tokenizer.get_vocab()
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([_kind(token) for token in tokens])
    writer.add_token_merges(vocabulary.merges(tokenizer))
    writer.add_bos_token_id(ids["<|endoftext|>"])
    writer.add_eos_token_id(ids["<|im_end|>"])
    writer.add_eot_token_id(ids["<|im_end|>"])
    writer.add_pad_token_id(ids["<|endoftext|>"])
    writer.add_add_bos_token(False)
    for key, token in (("pre", "prefix"), ("suf", "suffix"), ("mid", "middle"), ("pad", "pad")):
        writer.add_uint32(f"tokenizer.ggml.fim_{key}_token_id", ids[f"<|fim_{token}|>"])
    writer.add_chat_template(TEMPLATE.read_text().strip())


def _kind(token: str) -> int:
    if token in vocabulary.CONTROL:
        return int(gguf.TokenType.CONTROL)
    return int(gguf.TokenType.USER_DEFINED if token in vocabulary.VISIBLE else gguf.TokenType.NORMAL)


def _gguf_name(name: str) -> str:
    if not name.startswith("blocks."):
        return NAMES[name]
    _, number, part = name.split(".", 2)
    return f"blk.{number}.{NAMES[part]}"


def _add_tensor(writer: gguf.GGUFWriter, name: str, weight: np.ndarray, kind: gguf.GGMLQuantizationType) -> None:
    if weight.ndim == 1:
        writer.add_tensor(name, weight)
    else:
        writer.add_tensor(name, gguf.quants.quantize(weight, kind), raw_dtype=kind)


if __name__ == "__main__":
    main()
