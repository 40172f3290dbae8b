"""The trained pipeline as it is shipped, in half precision: `python -m training.pictures.export`."""

import argparse
import shutil
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder of training")
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    shutil.rmtree(arguments.folder, ignore_errors=True)
    pipeline = StableDiffusionPipeline.from_pretrained(arguments.out / "pipeline", torch_dtype=torch.float16)
    pipeline.save_pretrained(arguments.folder, safe_serialization=True)
    size = sum(path.stat().st_size for path in arguments.folder.rglob("*") if path.is_file())
    print(f"{arguments.folder}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
