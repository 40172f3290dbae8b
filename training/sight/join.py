"""The tower before the language model: `python -m training.sight.join --language build/tiny --out build/sight`.

The projector's second layer gets the language model's own vectors for what is seen. Then the tower learns from what
the language model answers to questions about drawn pictures; the language model itself stays as it is.
"""

import argparse
import time
from dataclasses import asdict
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from training import corpus, vocabulary
from training.corpus import Batch, Stage
from training.export import mean
from training.model import Network, Shape
from training.sight.drawing import draw
from training.sight.tower import Tower, TowerShape
from training.sight.train import rates
from training.skills import seeing

RATE = 4e-4
WARMUP = 30
PART = 8192
"""How many tokens a step learns from."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", type=Path, required=True, help="the folder of the language model's training")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the tower's training")
    parser.add_argument("--seconds", type=float, default=600, help="how long to train; 0: only join")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network = language(arguments.language)
    saved = torch.load(arguments.out / "tower.pt", weights_only=True)
    tower = joined(saved["weights"], network.sights.weight.detach())
    if arguments.seconds:
        train(tower, network, vocabulary.load(arguments.language / "tokenizer.json"), arguments.seconds)
    torch.save({"shape": asdict(tower.shape), "weights": tower.state_dict()}, arguments.out / "sight.pt")


def language(folder: Path) -> Network:
    """The language model, as it is exported; it learns nothing more."""
    saved = torch.load(folder / "checkpoint.pt", weights_only=True)
    network = Network(Shape(**saved["shape"]))
    network.load_state_dict(mean(folder, saved["step"]))
    return network.requires_grad_(False)


def joined(weights: dict[str, Tensor], sights: Tensor) -> Tower:
    """The tower that writes the language model's vectors instead of how much of each notion there is."""
    tower = Tower(TowerShape(written=sights.shape[1]))
    own = dict(weights)
    own["second.weight"] = sights.T @ weights["second.weight"]
    own["second.bias"] = sights.T @ weights["second.bias"]
    tower.load_state_dict(own)
    return tower


def train(tower: Tower, network: Network, tokenizer: Tokenizer, seconds: float) -> None:
    """Trains the tower for so long on questions about pictures."""
    optimizers = rates(tower, nn.ModuleList(), RATE)
    model = torch.compile(network, dynamic=True)
    started = reported = time.monotonic()
    step, losses = 0, []
    while (elapsed := time.monotonic() - started) < seconds:
        share = min(1.0, (step + 1) / WARMUP, max(0.02, 1.4 * (1 - elapsed / seconds)))
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_rate"] * share
        part = corpus.part(tokenizer, Stage(1, {seeing.example: 1}), PART, seed=7_000_000 + step)
        count = sum(float(batch.learned.sum()) for batch in part)
        losses.append(sum(_learn(tower, network, model, batch, 1 / count, Random(step)) for batch in part))
        nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        step += 1
        if time.monotonic() - reported > 20:
            print(f"step {step} {elapsed:.0f} s loss {sum(losses) / len(losses):.4f}", flush=True)
            reported, losses = time.monotonic(), []


def _learn(tower: Tower, network: Network, model: nn.Module, batch: Batch, share: float, random: Random) -> float:
    tokens = torch.from_numpy(batch.tokens)
    weights = torch.from_numpy(batch.learned)[:, 1:].flatten()
    targets = weights.nonzero().flatten()
    if not batch.scenes:
        return 0.0
    half = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        shown = tower.written(draw(random, batch.scenes)).float()
        states = model(network.put(tokens, shown), torch.from_numpy(batch.positions))[:, :-1].flatten(0, 1)
        logits = network.logits(states[targets]).float()
    losses = functional.cross_entropy(logits, tokens[:, 1:].flatten()[targets], reduction="none")
    loss = (losses * weights[targets]).sum() * share
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


if __name__ == "__main__":
    main()
