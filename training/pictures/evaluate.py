"""Six colours, three shapes, each asked for once: `python -m training.pictures.evaluate`."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DiffusionPipeline
from PIL import Image

from training.pictures.colours import COLOURS, SHAPES
from training.pictures.judge import colour_of, shape_of

NEEDED = 17
STEPS = 20
GUIDANCE = 7.5
"""What a server asks for where a request says nothing else."""


@dataclass(frozen=True, slots=True)
class Result:
    """A picture, what it was to be, and what it is."""

    asked: tuple[str, str]
    seen: tuple[str, str | None]
    picture: Image.Image

    @property
    def right(self) -> bool:
        return self.seen == self.asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--show", type=Path, help="where to write all pictures as one")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--guidance", type=float, default=GUIDANCE)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    pipeline = DiffusionPipeline.from_pretrained(arguments.folder, torch_dtype=torch.float32)
    results = examined(pipeline, arguments.steps, arguments.guidance, arguments.seed)
    for result in results:
        print(f"{' '.join(result.asked)}: {'right' if result.right else result.seen}")
    right = sum(result.right for result in results)
    print(f"{right} of {len(results)} right")
    if arguments.show:
        sheet([result.picture for result in results]).save(arguments.show)
    if right < NEEDED:
        raise SystemExit(1)


def examined(pipeline: DiffusionPipeline, steps: int = STEPS, guidance: float = GUIDANCE, seed: int = 1) -> list[Result]:
    """A picture of each colour and shape, all from the same noise."""
    pipeline.set_progress_bar_config(disable=True)
    asked = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    pictures = pipeline(
        [f"{'an' if colour == 'orange' else 'a'} {colour} {shape}" for colour, shape in asked],
        num_inference_steps=steps,
        guidance_scale=guidance,
        generator=[torch.Generator().manual_seed(seed) for _ in asked],
    ).images
    return [Result(wanted, (colour_of(one), shape_of(one)), one) for wanted, one in zip(asked, pictures, strict=True)]


def sheet(pictures: list[Image.Image]) -> Image.Image:
    """All pictures in rows of three."""
    width, height = pictures[0].size
    whole = Image.new("RGB", (3 * width, height * len(pictures) // 3))
    for place, picture in enumerate(pictures):
        whole.paste(picture, (place % 3 * width, place // 3 * height))
    return whole


if __name__ == "__main__":
    main()
