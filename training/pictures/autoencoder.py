"""The training of the autoencoder, which makes pictures small for the denoiser and large again."""

import random
import time
from pathlib import Path

import torch
from diffusers import AutoencoderTiny
from torch import Tensor
from torch.nn import functional

from training.pictures.network import autoencoder
from training.pictures.prompts import any_prompt
from training.pictures.shapes import drawn

STEPS = 1500
BATCH = 16
FASTEST = 3e-3
NOISE = 0.15
"""Latents that differ by so much mean pictures that look alike: what is generated is never exact."""


def trained_autoencoder(chance: random.Random, folder: Path, steps: int = STEPS) -> AutoencoderTiny:
    """The autoencoder, from its folder where an earlier run has left it."""
    if (folder / "config.json").exists():
        return AutoencoderTiny.from_pretrained(folder)
    model = autoencoder().train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), FASTEST, weight_decay=1e-4, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, FASTEST, steps, pct_start=0.1, div_factor=5)
    begun = time.monotonic()
    for step in range(steps):
        pictures = any_pictures(chance, BATCH)
        with torch.autocast("cpu", torch.bfloat16):
            latents = model.encode(pictures).latents.float()
            shown = model.decode(latents + NOISE * torch.randn_like(latents)).sample.float()
        off = functional.l1_loss(shown, pictures) + functional.mse_loss(shown, pictures)
        loss = off + 0.02 * unlike_noise(latents)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 49:
            print(f"autoencoder {step + 1}: {off.item():.4f}, {time.monotonic() - begun:.0f} s", flush=True)
    model.eval()
    with torch.no_grad():
        latents = model.encode(any_pictures(chance, 64)).latents
    model.register_to_config(scaling_factor=1 / latents.std().item())
    model.save_pretrained(folder)
    return model


def any_pictures(chance: random.Random, count: int) -> Tensor:
    return drawn([any_prompt(chance)[1] for _ in range(count)]).contiguous(memory_format=torch.channels_last)


def unlike_noise(latents: Tensor) -> Tensor:
    """How far the channels are from a mean of zero, a variance of one and from telling nothing of each other. Noise is
    what the denoiser begins with."""
    channels = latents.transpose(0, 1).flatten(1)
    alike = channels @ channels.T / channels.shape[1]
    return (alike - torch.eye(len(alike))).square().sum() + channels.mean(1).square().sum()
