"""Training: `python -m training.train --out build/tiny`; on a GPU if there is one, else on the processor's cores.

A step learns from `recipe.parts` parts, whichever and however many processes compute them, so the text that the
model sees is the same on every machine. A run that was stopped goes on from its last checkpoint.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from torch import distributed
from torch.nn import functional

from training import corpus, feed, vocabulary
from training.model import Network, Shape
from training.muon import Muon
from training.recipe import FULL_STEPS, Recipe, stages

CHECKPOINT_SECONDS = 120.0
LATE = 0.09
"""The share of the full rate that a run begins with which ends by the clock."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--steps", type=int, default=FULL_STEPS, help="steps on all skills")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many share a step where there is no GPU")
    parser.add_argument("--seconds", type=float, help="end after so long, and let the rate fall to nothing by then")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(seed=arguments.seed, stages=stages(arguments.steps))
    tokenizer_file = arguments.out / "tokenizer.json"
    if not tokenizer_file.exists():
        vocabulary.build(recipe.seed, recipe.vocabulary).save(str(tokenizer_file))
    if torch.cuda.is_available():
        Trainer(recipe, arguments.out, 0, 1, arguments.seconds).run()
    elif arguments.processes == 1:
        torch.set_num_threads(1)
        Trainer(recipe, arguments.out, 0, 1, arguments.seconds).run()
    else:
        world = min(recipe.parts, arguments.processes)
        with tempfile.TemporaryDirectory() as folder:
            meeting = Path(folder) / "meeting"
            torch.multiprocessing.spawn(_run, (world, recipe, arguments.out, meeting), nprocs=world)


def _run(rank: int, world: int, recipe: Recipe, out: Path, meeting: Path) -> None:
    torch.set_num_threads(1)
    store = distributed.FileStore(str(meeting), world)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=world)
    Trainer(recipe, out, rank, world).run()
    distributed.destroy_process_group()


class Trainer:
    """One process of a training run; every process holds the whole network and computes its share of the parts."""

    def __init__(self, recipe: Recipe, out: Path, rank: int, world: int, seconds: float | None = None) -> None:
        self.recipe, self.out, self.rank, self.world = recipe, out, rank, world
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.half = self.device.type == "cuda" or bool(torch.cpu.get_capabilities().get("avx512_bf16"))
        self._own = range(rank, recipe.parts, world)
        size = vocabulary.load(out / "tokenizer.json").get_vocab_size()
        torch.manual_seed(recipe.seed)
        torch.set_float32_matmul_precision("high")
        self.network = Network(Shape(vocabulary=size)).to(self.device)
        self.model: Callable[..., torch.Tensor] = self.network
        if self.device.type == "cuda" or shutil.which("g++"):
            self.model = torch.compile(self.network, dynamic=True)
        self.optimizers = optimizers(self.network, recipe, torch.bfloat16 if self.half else torch.float32)
        self.step = self.start = 0
        self.seconds, self.began = seconds, time.monotonic()

    def run(self) -> None:
        self._resume()
        wanted = ((step, part) for step in range(self.step, self.recipe.steps) for part in self._own)
        workers = max(1, (os.cpu_count() or 2) - 2) if self.device.type == "cuda" else 0
        self.parts = feed.parts(self.recipe, self.out / "tokenizer.json", wanted, workers)
        saved = reported = time.monotonic()
        losses: list[float] = []
        while self.step < self.recipe.steps and self._left() > 0:
            losses.append(self._learn())
            if self.rank == 0 and self.step in self.recipe.kept:
                self._save(f"checkpoint-{self.step}.pt")
            now = time.monotonic()
            if self.rank == 0 and now - reported > 20:
                rate = len(losses) * self.recipe.parts * self.recipe.part_tokens / (now - reported)
                print(f"step {self.step}/{self.recipe.steps} loss {sum(losses) / len(losses):.4f} {rate:.0f} tokens/s", flush=True)
                reported, losses = now, []
            if self.rank == 0 and now - saved > CHECKPOINT_SECONDS:
                self._save()
                saved = now
        if self.rank == 0:
            self._save()

    def _left(self) -> float:
        """How much of the time is left, from 1 to 0."""
        return 1 - (time.monotonic() - self.began) / self.seconds if self.seconds else 1.0

    def _learn(self) -> float:
        """One step on all parts; gives the loss."""
        share = min(self.recipe.rate_at(self.step, self.start), LATE * self._left() if self.seconds else 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_rate"] * share
        loss = sum(self._part(next(self.parts)) for _ in self._own)
        if self.world > 1:
            self._share_gradients()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return loss * self.world

    def _part(self, part: feed.Part) -> float:
        """Adds the gradients of one part and gives its share of the loss."""
        count = sum(float(batch.learned.sum()) for batch in part)
        return sum(self._batch(batch, 1 / count / self.recipe.parts) for batch in part)

    def _batch(self, batch: corpus.Batch, share: float) -> float:
        tokens = torch.from_numpy(batch.tokens).to(self.device)
        weights = torch.from_numpy(batch.learned).to(self.device)[:, 1:].flatten()
        targets = weights.nonzero().flatten()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            embedded = self.network.embed(tokens, torch.from_numpy(batch.pictures).to(self.device))
            states = self.model(embedded, torch.from_numpy(batch.positions).to(self.device))[:, :-1].flatten(0, 1)
            logits = self.network.logits(states[targets]).float()
        losses = functional.cross_entropy(logits, tokens[:, 1:].flatten()[targets], reduction="none")
        loss = (losses * weights[targets]).sum() * share
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def _share_gradients(self) -> None:
        gradients = [weight.grad for weight in self.network.parameters() if weight.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        for gradient, summed in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(summed.view_as(gradient))

    def _resume(self) -> None:
        path = self.out / "checkpoint.pt"
        if path.exists():
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.step = state["step"]
            self.start = state["start"]
            self.network.load_state_dict(state["weights"])
            for optimizer, held in zip(self.optimizers, state["optimizers"], strict=False):
                optimizer.load_state_dict(held)

    def _save(self, name: str = "checkpoint.pt") -> None:
        state = {
            "step": self.step,
            "start": self.start,
            "shape": asdict(self.network.shape),
            "weights": self.network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }
        draft = self.out / "checkpoint.part"
        torch.save(state, draft)
        draft.replace(self.out / name)


def optimizers(network: Network, recipe: Recipe, precision: torch.dtype) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for the embedding and the norms."""
    matrices = [weight for weight in network.blocks.parameters() if weight.ndim == 2]
    rest = [weight for weight in network.parameters() if not any(weight is matrix for matrix in matrices)]
    muon = Muon(matrices, lr=recipe.rate, weight_decay=recipe.weight_decay, precision=precision)
    adam = torch.optim.AdamW(rest, lr=recipe.embedding_rate, betas=(0.9, 0.98), weight_decay=0.0)
    for optimizer, rate in ((muon, recipe.rate), (adam, recipe.embedding_rate)):
        for group in optimizer.param_groups:
            group["full_rate"] = rate
    return [muon, adam]


if __name__ == "__main__":
    main()
