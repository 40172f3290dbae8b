"""What decides the result of training: sizes, rates, stages and the seed."""

from dataclasses import dataclass

from training.corpus import Stage
from training.skills import FOUNDATION, FULL

FOUNDATION_STEPS = 250
FULL_STEPS = 13000


def stages(full: int = FULL_STEPS) -> tuple[Stage, ...]:
    """First only what teaches to copy, then everything, for so many steps."""
    return (Stage(FOUNDATION_STEPS, FOUNDATION), Stage(full, FULL))


@dataclass(frozen=True)
class Recipe:
    """The rates are those of 2 million weights in steps of 8,192 tokens."""

    seed: int = 1
    stages: tuple[Stage, ...] = stages()
    parts: int = 2
    part_tokens: int = 4096
    vocabulary: int = 1536
    rate: float = 5e-3
    embedding_rate: float = 5e-3
    warmup: int = 50
    decay: float = 0.35
    weight_decay: float = 0.02
    clip: float = 1.0
    averaged: tuple[float, ...] = (0.985, 0.9925, 1.0)
    """After which parts of all steps the weights are kept; the mean of them is what is shipped."""

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)

    @property
    def kept(self) -> frozenset[int]:
        """The steps after which the weights are kept."""
        return frozenset(round(part * self.steps) for part in self.averaged)

    def stage(self, step: int) -> Stage:
        for stage in self.stages:
            if step < stage.steps:
                return stage
            step -= stage.steps
        return self.stages[-1]

    def rate_at(self, step: int, start: int) -> float:
        """The share of the full rate: up from the step where the optimizers began, level, and down to nothing."""
        rise = (step - start + 1) / self.warmup
        fall = (self.steps - step) / (self.steps * self.decay)
        return min(1.0, rise, fall)
