"""Six colours, three shapes, each asked for once: `python -m training.pictures.evaluate`."""

import argparse
from pathlib import Path

import torch
from diffusers import DiffusionPipeline

from training.pictures.colours import COLOURS, SHAPES
from training.pictures.judge import colour_of, shape_of

NEEDED = 17


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--show", type=Path, help="where to write all pictures as one")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=7.5)
    arguments = parser.parse_args()
    pipeline = DiffusionPipeline.from_pretrained(arguments.folder, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    right, pictures = 0, []
    for colour in COLOURS:
        for shape in SHAPES:
            article = "an" if colour == "orange" else "a"
            picture = pipeline(
                f"{article} {colour} {shape}",
                num_inference_steps=arguments.steps,
                guidance_scale=arguments.guidance,
                generator=torch.Generator().manual_seed(1),
            ).images[0]
            pictures.append(picture)
            seen = colour_of(picture), shape_of(picture)
            right += seen == (colour, shape)
            print(f"{colour} {shape}: {'right' if seen == (colour, shape) else seen}")
    print(f"{right} of {len(pictures)} right")
    if arguments.show:
        sheet(pictures).save(arguments.show)
    if right < NEEDED:
        raise SystemExit(1)


def sheet(pictures):  # type: ignore[no-untyped-def]
    """All pictures in rows of three."""
    from PIL import Image

    width, height = pictures[0].size
    whole = Image.new("RGB", (3 * width, height * len(pictures) // 3))
    for place, picture in enumerate(pictures):
        whole.paste(picture, (place % 3 * width, place // 3 * height))
    return whole


if __name__ == "__main__":
    main()
