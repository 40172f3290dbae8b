"""Muon, in the precision that the machine is fast at: torch's own works in bfloat16, which a processor without it is slow at.

The steps are those of `torch.optim.Muon` with `adjust_lr_fn="match_rms_adamw"` (https://kellerjordan.github.io/posts/muon/);
matrices of one shape are made orthogonal together.
"""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
EPSILON = 1e-7


class Muon(torch.optim.Optimizer):
    """Momentum whose updates are made orthogonal, for matrices."""

    def __init__(
        self, matrices: Iterable[Tensor], lr: float, weight_decay: float, momentum: float = 0.95, precision: torch.dtype = torch.float32
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        self.precision = precision

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Moves every matrix that has a gradient."""
        for group in self.param_groups:
            shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    shapes[matrix.shape].append(matrix)
            for shape, matrices in shapes.items():
                ahead = torch.stack([self._looked_ahead(matrix, group["momentum"]) for matrix in matrices])
                updates = orthogonal(ahead.to(self.precision)).to(ahead.dtype)
                rate = group["lr"] * 0.2 * max(shape) ** 0.5
                for matrix, update in zip(matrices, updates, strict=True):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-rate)

    def _looked_ahead(self, matrix: Tensor, momentum: float) -> Tensor:
        """Nesterov's momentum."""
        assert matrix.grad is not None
        held = self.state[matrix].setdefault("momentum_buffer", torch.zeros_like(matrix))
        held.lerp_(matrix.grad, 1 - momentum)
        return matrix.grad.lerp(held, momentum)


def orthogonal(matrices: Tensor) -> Tensor:
    """Roughly the nearest orthogonal matrices (count, rows, columns), by Newton and Schulz's iteration."""
    first, second, third = COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    wide = matrices.transpose(1, 2) if tall else matrices
    wide = wide / wide.norm(dim=(1, 2), keepdim=True).clamp(min=EPSILON)
    for _ in range(ITERATIONS):
        gram = wide @ wide.transpose(1, 2)
        wide = first * wide + (second * gram + third * gram @ gram) @ wide
    return wide.transpose(1, 2) if tall else wide
