"""The tower's own training, without the language model: `python -m training.sight.train --out build/sight`.

It learns to write the code of what it sees; and, so that it learns quickly, what each patch is covered with.
"""

import argparse
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.muon import Muon
from training.sight import code
from training.sight.drawing import draw
from training.sight.scenes import COLOURS, GRID, PLACES, SHAPES, Scene, scene
from training.sight.tower import Tower, TowerShape

BATCH = 64
RATE = 4e-3
WARMUP = 100
SAVE_SECONDS = 60.0


class Guesses(nn.Module):
    """What is guessed beside the code, in training alone."""

    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self.cover = nn.Linear(shape.width, len(SHAPES) + len(COLOURS) + 1)
        self.there = nn.Linear(shape.projected, 1)
        self.notions = nn.Linear(shape.projected, code.MIDDLE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=1500, help="how long to train")
    parser.add_argument("--after", type=Path, help="a tower to go on from")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    tower = Tower(TowerShape())
    guesses = Guesses(tower.shape)
    checkpoint = arguments.out / "tower.pt"
    if arguments.after:
        saved = torch.load(arguments.after, weights_only=True)
        tower.load_state_dict(saved["weights"])
    train(tower, guesses, arguments.seconds, arguments.seed, checkpoint)
    print(f"{sum(weight.numel() for weight in tower.parameters()) / 1e6:.2f} million weights; {checkpoint}")


def train(tower: Tower, guesses: Guesses, seconds: float, seed: int, checkpoint: Path) -> None:
    """Trains for so long; the rate falls to nothing at the end."""
    forward: Callable[[Tensor], tuple[Tensor, Tensor]] = torch.compile(tower) if shutil.which("g++") else tower
    optimizers = rates(tower, guesses)
    random = Random(seed)
    started = saved = reported = time.monotonic()
    step, losses = 0, []
    while (elapsed := time.monotonic() - started) < seconds:
        share = min(1.0, (step + 1) / WARMUP, max(0.02, 1.6 * (1 - elapsed / seconds)))
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_rate"] * share
        scenes = [scene(random) for _ in range(BATCH)]
        loss = _loss(tower, forward, guesses, draw(random, scenes), scenes)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([*tower.parameters(), *guesses.parameters()], 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        step += 1
        now = time.monotonic()
        if now - reported > 30:
            rate = len(losses) * BATCH / (now - reported)
            print(f"step {step} {elapsed:.0f} s loss {sum(losses) / len(losses):.4f} {rate:.0f} pictures/s {score(tower, 512)}", flush=True)
            reported, losses = time.monotonic(), []
        if now - saved > SAVE_SECONDS:
            save(tower, guesses, checkpoint)
            saved = now
    save(tower, guesses, checkpoint)
    print(score(tower, 4096))


def rates(tower: Tower, guesses: nn.Module, rate: float = RATE) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for the rest."""
    matrices = [weight for weight in tower.layers.parameters() if weight.ndim == 2] + [tower.first.weight]
    rest = [weight for weight in tower.parameters() if not any(weight is matrix for matrix in matrices)]
    half = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    muon = Muon(matrices, lr=rate, weight_decay=0.02, precision=torch.bfloat16 if half else torch.float32)
    adam = torch.optim.AdamW([*rest, *guesses.parameters()], lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
    for optimizer in (muon, adam):
        for group in optimizer.param_groups:
            group["full_rate"] = rate
    return [muon, adam]


def _loss(
    tower: Tower, forward: Callable[[Tensor], tuple[Tensor, Tensor]], guesses: Guesses, pictures: Tensor, scenes: list[Scene]
) -> Tensor:
    half = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        states, held = forward(pictures)
        cover = guesses.cover(states).float()
        written = tower.second(held).float()
        there = guesses.there(held).float().squeeze(2)
        notions = guesses.notions(held).float()
    wanted = torch.from_numpy(np.stack([code.code(one) for one in scenes]))
    loss = (written - wanted).square().sum() / len(scenes) / 8
    is_there = wanted[:, :, code.MIDDLE]
    loss = loss + functional.binary_cross_entropy_with_logits(there, is_there, reduction="sum") / len(scenes) * 0.5
    owned = wanted[:, :, code.COLOUR : code.SHAPE].sum(2).bool()
    for first, count in ((code.COLOUR, len(COLOURS)), (code.SHAPE, len(SHAPES)), (code.PLACE, len(PLACES))):
        chosen = slice(first, first + count)
        loss = loss + functional.cross_entropy(notions[owned][:, chosen], wanted[owned][:, chosen].argmax(1))
    number = slice(code.NUMBER, code.MIDDLE)
    loss = loss + functional.cross_entropy(notions[:, :, number].flatten(0, 1), wanted[:, :, number].argmax(2).flatten())
    return loss + _cover_loss(cover, scenes)


def _cover_loss(cover: Tensor, scenes: list[Scene]) -> Tensor:
    """How wrong the guesses are about what each patch is covered with, patches of things counting more."""
    shapes, colours = covered(scenes)
    kinds = functional.cross_entropy(cover[:, :, : len(SHAPES)].flatten(0, 1), shapes.flatten(), ignore_index=-1)
    rest = cover[:, :, len(SHAPES) :].flatten(0, 1)
    weight = torch.ones(len(COLOURS) + 1)
    weight[len(COLOURS)] = 0.3
    return kinds + functional.cross_entropy(rest, colours.flatten(), weight)


def covered(scenes: list[Scene]) -> tuple[Tensor, Tensor]:
    """For each patch the shape that covers it (-1: none) and the colour (the number of colours: none)."""
    centres = (np.arange(GRID) + 0.5) / GRID
    shapes = np.full((len(scenes), GRID, GRID), -1)
    colours = np.full((len(scenes), GRID, GRID), len(COLOURS))
    for number, one in enumerate(scenes):
        shorter = min(one.aspect, 1 / one.aspect)
        for thing in one.things:
            x, y = one.middle(thing)
            reach = thing.radius * shorter
            near = (centres[None, :] - x) ** 2 + (centres[:, None] - y) ** 2 < reach**2
            shapes[number][near] = SHAPES.index(thing.shape)
            colours[number][near] = code.COLOUR_NAMES.index(thing.colour)
    return torch.from_numpy(shapes), torch.from_numpy(colours)


def score(tower: Tower, count: int, seed: int = 99) -> str:
    """How many of unseen pictures it is right about: colour and shape of single things, and numbers up to three."""
    random = Random(seed)
    scenes = [scene(random, 1 + number % 3) for number in range(count)]
    with torch.no_grad():
        written = torch.cat([tower.written(draw(random, scenes[start : start + 256])) for start in range(0, count, 256)])
    number = written[:, :, code.NUMBER : code.MIDDLE].sum(1).argmax(1)
    counted = sum(int(found) == len(one.things) for found, one in zip(number, scenes, strict=True)) / count
    colours = shapes = places = singles = 0
    for row, one in zip(written.sum(1), scenes, strict=True):
        if len(one.things) == 1:
            colour, shape, place = code.notions(one.things[0])
            singles += 1
            colours += int(row[code.COLOUR : code.SHAPE].argmax()) == colour - code.COLOUR
            shapes += int(row[code.SHAPE : code.PLACE].argmax()) == shape - code.SHAPE
            places += int(row[code.PLACE : code.NUMBER].argmax()) == place - code.PLACE
    return f"colour {colours / singles:.1%} shape {shapes / singles:.1%} place {places / singles:.1%} number {counted:.1%}"


def save(tower: Tower, guesses: nn.Module, checkpoint: Path) -> None:
    """Writes the tower, and what was guessed beside it."""
    draft = checkpoint.with_suffix(".part")
    torch.save({"shape": asdict(tower.shape), "weights": tower.state_dict(), "guesses": guesses.state_dict()}, draft)
    draft.replace(checkpoint)


if __name__ == "__main__":
    main()
