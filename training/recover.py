"""A folder of training from the file that it made, to go on where only the file is left: `python -m training.recover`.

The weights come back as the file has them, rounded to its type; what the optimizers held is lost.
"""

import argparse
from pathlib import Path

import gguf
import torch
from tokenizers import Tokenizer

from training import vocabulary
from training.export import NAMES, SIGHTS, STEPS_KEY
from training.sight.code import WORDS

TRAINED = {written: name for name, written in NAMES.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the folder of training, which must have no checkpoint")
    arguments = parser.parse_args()
    checkpoint = arguments.out / "checkpoint.pt"
    if checkpoint.exists():
        parser.error(f"{checkpoint} is there already")
    arguments.out.mkdir(parents=True, exist_ok=True)
    reader = gguf.GGUFReader(arguments.gguf)
    tokenizer = _tokenizer(reader)
    tokenizer.save(str(arguments.out / "tokenizer.json"))
    weights = {_name(tensor.name): _weight(tensor) for tensor in reader.tensors}
    weights[SIGHTS] = _sights(weights["embedding.weight"], tokenizer)
    steps = int(reader.fields[STEPS_KEY].contents())
    torch.save({"step": steps, "start": steps, "weights": weights, "optimizers": ()}, checkpoint)


def _tokenizer(reader: gguf.GGUFReader) -> Tokenizer:
    tokens, merges = (reader.fields[f"tokenizer.ggml.{part}"].contents() for part in ("tokens", "merges"))
    pairs = [(left, right) for left, _, right in (merge.partition(" ") for merge in merges)]
    return vocabulary.assemble({token: number for number, token in enumerate(tokens)}, pairs)


def _sights(embedding: torch.Tensor, tokenizer: Tokenizer) -> torch.Tensor:
    """A vector for each notion of what is seen, to begin with: the mean of its words' tokens, and something of its own."""
    generator = torch.Generator().manual_seed(1)
    known = torch.stack([embedding[tokenizer.encode(" " + words).ids].mean(0) for words in WORDS])
    return known + torch.randn(known.shape, generator=generator) * embedding.std() * 0.5


def _name(written: str) -> str:
    if not written.startswith("blk."):
        return TRAINED[written]
    _, number, part = written.split(".", 2)
    return f"blocks.{number}.{TRAINED[part]}"


def _weight(tensor: gguf.ReaderTensor) -> torch.Tensor:
    values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
    return torch.from_numpy(values.copy()).reshape(*(int(size) for size in reversed(tensor.shape)))


if __name__ == "__main__":
    main()
