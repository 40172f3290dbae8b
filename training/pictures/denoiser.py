"""The training of the text encoder and the U-Net, which together learn to take noise away from latents."""

import random
import time
from collections.abc import Callable

import torch
from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from torch import Tensor
from torch.nn import functional
from transformers import CLIPTextModel, CLIPTokenizer

from training.pictures.network import denoiser, scheduler, text_encoder
from training.pictures.prompts import any_prompt
from training.pictures.shapes import drawn

STEPS = 5000
BATCH = 32
FASTEST = 2e-3
PICTURES = 8_000
"""How many drawings it sees, again and again."""
WITHOUT_WORDS = 0.1
"""The part of the drawings that are shown without their prompt, for guidance."""
MEAN_OVER = 0.995
LOOK_EVERY = 400

Look = Callable[[CLIPTextModel, UNet2DConditionModel], str]


def trained_denoiser(
    chance: random.Random, vae: AutoencoderTiny, tokenizer: CLIPTokenizer, steps: int, look: Look
) -> tuple[CLIPTextModel, UNet2DConditionModel]:
    """The text encoder and the U-Net: the running mean of their weights. `look` says how good they are by now."""
    prompts, latents = examples(chance, vae)
    tokens = tokens_of(tokenizer, prompts)
    nothing = tokens_of(tokenizer, [""])[0]
    noising = scheduler()
    model = torch.nn.ModuleList([text_encoder(tokenizer), denoiser().to(memory_format=torch.channels_last)]).train()
    print(f"denoiser: {sum(weight.numel() for weight in model.parameters()) / 1e6:.2f}M parameters", flush=True)
    mean = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(MEAN_OVER))
    optimizer = torch.optim.AdamW(model.parameters(), FASTEST, betas=(0.9, 0.99), weight_decay=1e-3, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, FASTEST, steps, pct_start=0.05, div_factor=5)
    begun, total = time.monotonic(), 0.0
    for step in range(1, steps + 1):
        chosen = torch.randint(len(prompts), (BATCH,))
        said = torch.where(torch.rand(BATCH, 1) < WITHOUT_WORDS, nothing, tokens[chosen])
        loss = error(model, noising, latents[chosen], said)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        mean.update_parameters(model)
        total += loss.item()
        if step % 100 == 0:
            print(f"denoiser {step}: {total / 100:.4f}, {time.monotonic() - begun:.0f} s", flush=True)
            total = 0.0
        if step % LOOK_EVERY == 0:
            print(f"denoiser {step}: {look(mean.module[0], mean.module[1])}", flush=True)
    return mean.module[0].eval(), mean.module[1].eval()


def tokens_of(tokenizer: CLIPTokenizer, prompts: list[str]) -> Tensor:
    read = tokenizer(prompts, padding="max_length", max_length=tokenizer.model_max_length, truncation=True, return_tensors="pt")
    return read.input_ids


def examples(chance: random.Random, vae: AutoencoderTiny) -> tuple[list[str], Tensor]:
    """Prompts, and the latents of their drawings, scaled."""
    pairs = [any_prompt(chance) for _ in range(PICTURES)]
    with torch.no_grad():
        parts = [vae.encode(drawn([drawing for _, drawing in pairs[at : at + 50]])).latents for at in range(0, PICTURES, 50)]
    return [prompt for prompt, _ in pairs], torch.cat(parts) * vae.config.scaling_factor


def error(model: torch.nn.ModuleList, noising: DDIMScheduler, latents: Tensor, said: Tensor) -> Tensor:
    """How far the U-Net is from telling the noise and the picture apart."""
    noise = torch.randn_like(latents)
    times = torch.randint(noising.config.num_train_timesteps, (len(latents),))
    words = model[0](said)[0]
    found = model[1](noising.add_noise(latents, noise, times), times, words).sample
    return functional.mse_loss(found, noising.get_velocity(latents, noise, times))
