"""Training of `tiny-image`: `python -m training.pictures.train --out build/tiny-image`.

First an autoencoder, then the text encoder and the U-Net together, which learn to take noise away from its latents.
"""

import argparse
import random
import time
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from torch import Tensor
from torch.nn import functional
from transformers import CLIPTextModel, CLIPTokenizer

from training.pictures.network import autoencoder, denoiser, scheduler, text_encoder
from training.pictures.prompts import any_prompt
from training.pictures.shapes import drawn
from training.pictures.vocabulary import tokenizer_in

AUTOENCODER_STEPS = 1000
DENOISER_STEPS = 8000
PICTURES = 4_000
"""How many drawings the denoiser sees, again and again."""
WITHOUT_WORDS = 0.1
"""The part of the drawings that are shown without their prompt, for guidance."""
MEAN_OVER = 0.995


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=DENOISER_STEPS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    chance = random.Random(arguments.seed)
    arguments.out.mkdir(parents=True, exist_ok=True)
    vae = trained_autoencoder(chance, arguments.out / "vae")
    tokenizer = tokenizer_in(arguments.out / "tokenizer", arguments.seed)
    encoder, unet = trained_denoiser(chance, vae, tokenizer, arguments.steps, arguments.out)
    save(vae, tokenizer, encoder, unet, arguments.out / "pipeline")


def trained_autoencoder(chance: random.Random, folder: Path) -> AutoencoderTiny:
    """The autoencoder, from its folder where an earlier run has left it."""
    if (folder / "config.json").exists():
        return AutoencoderTiny.from_pretrained(folder)
    model = autoencoder().train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, AUTOENCODER_STEPS, pct_start=0.1, div_factor=5)
    begun = time.monotonic()
    for step in range(AUTOENCODER_STEPS):
        pictures = drawn([any_prompt(chance)[1] for _ in range(16)]).contiguous(memory_format=torch.channels_last)
        latents = model.encode(pictures).latents
        # Noise makes latents that differ a little mean pictures that differ a little, and that is what is generated.
        shown = model.decode(latents + 0.1 * torch.randn_like(latents)).sample
        loss = functional.l1_loss(shown, pictures) + functional.mse_loss(shown, pictures) + 1e-3 * latents.square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 25 == 0:
            print(f"autoencoder {step}: {loss.item():.4f}, {time.monotonic() - begun:.0f} s", flush=True)
    model.eval()
    with torch.no_grad():
        latents = model.encode(drawn([any_prompt(chance)[1] for _ in range(64)])).latents
    model.register_to_config(scaling_factor=1 / latents.std().item())
    model.save_pretrained(folder)
    return model


def trained_denoiser(
    chance: random.Random, vae: AutoencoderTiny, tokenizer: CLIPTokenizer, steps: int, out: Path
) -> tuple[CLIPTextModel, UNet2DConditionModel]:
    """The text encoder and the U-Net: the running mean of their weights."""
    prompts, latents = examples(chance, vae)
    tokens = tokenizer(prompts, padding="max_length", max_length=tokenizer.model_max_length, truncation=True, return_tensors="pt").input_ids
    nothing = tokenizer("", padding="max_length", max_length=tokenizer.model_max_length, return_tensors="pt").input_ids[0]
    noising = scheduler()
    model = torch.nn.ModuleList([text_encoder(tokenizer), denoiser()]).train()
    print(f"denoiser: {sum(weight.numel() for weight in model.parameters()) / 1e6:.2f}M parameters", flush=True)
    mean = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(MEAN_OVER))
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, steps, pct_start=0.05, div_factor=5)
    begun, total = time.monotonic(), 0.0
    for step in range(steps):
        chosen = torch.randint(len(prompts), (32,))
        said = torch.where(torch.rand(32, 1) < WITHOUT_WORDS, nothing, tokens[chosen])
        loss = error(model, noising, latents[chosen], said)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        mean.update_parameters(model)
        total += loss.item()
        if step % 50 == 49:
            print(f"denoiser {step + 1}: {total / 50:.4f}, {time.monotonic() - begun:.0f} s", flush=True)
            total = 0.0
        if step % 200 == 199:
            save(vae, tokenizer, mean.module[0], mean.module[1], out / "so-far")
    return mean.module[0].eval(), mean.module[1].eval()


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


def save(vae: AutoencoderTiny, tokenizer: CLIPTokenizer, encoder: CLIPTextModel, unet: UNet2DConditionModel, folder: Path) -> None:
    """The pipeline as a folder that diffusers loads."""
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder, safe_serialization=True)


if __name__ == "__main__":
    main()
