"""Training of `tiny-image`: `python -m training.pictures.train --out build/tiny-image`.

First an autoencoder, then the text encoder and the U-Net together, which learn to take noise away from its latents.
"""

import argparse
import random
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from training.pictures import denoiser
from training.pictures.autoencoder import trained_autoencoder
from training.pictures.denoiser import trained_denoiser
from training.pictures.evaluate import examined, sheet
from training.pictures.network import scheduler
from training.pictures.vocabulary import tokenizer_in


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=denoiser.STEPS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    vae = trained_autoencoder(seeded(arguments.seed), out / "vae")
    tokenizer = tokenizer_in(out / "tokenizer", arguments.seed)

    def look(encoder: CLIPTextModel, unet: UNet2DConditionModel) -> str:
        """How many of the pictures that it would be asked for are right by now. All of them as one are in the folder."""
        results = examined(pipeline_of(vae, tokenizer, encoder, unet))
        sheet([result.picture for result in results]).save(out / "so-far.png")
        return f"{sum(result.right for result in results)} of {len(results)} right"

    encoder, unet = trained_denoiser(seeded(arguments.seed + 1), vae, tokenizer, arguments.steps, look)
    pipeline_of(vae, tokenizer, encoder, unet).save_pretrained(out / "pipeline", safe_serialization=True)


def seeded(seed: int) -> random.Random:
    """Chance that is the same each time, also where an earlier run has left the autoencoder."""
    torch.manual_seed(seed)
    return random.Random(seed)


def pipeline_of(
    vae: AutoencoderTiny, tokenizer: CLIPTokenizer, encoder: CLIPTextModel, unet: UNet2DConditionModel
) -> StableDiffusionPipeline:
    """The parts as diffusers runs them."""
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


if __name__ == "__main__":
    main()
