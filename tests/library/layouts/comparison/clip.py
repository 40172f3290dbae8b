"""llama.cpp's converter of LLaVA's eyes: `python clip.py SOURCES FOLDER`. FOLDER has CLIP and `llava.projector`."""

# mypy: ignore-errors
# It runs where torch is, which the project does not need.

import runpy
import sys
from pathlib import Path

import transformers

sources, folder = map(Path, sys.argv[1:])
sys.path.insert(0, str(sources / "gguf-py"))
whole = transformers.CLIPVisionModel
read = whole.from_pretrained


def nested(name):
    """CLIP as older versions of transformers had it: all its parts in one that is called `vision_model`."""
    model = read(name)
    model.state_dict = lambda: {f"vision_model.{part}": tensor for part, tensor in whole.state_dict(model).items()}
    return model


whole.vision_model = property(lambda model: model)
whole.from_pretrained = nested
script = sources / "tools" / "mtmd" / "legacy-models" / "convert_image_encoder_to_gguf.py"
options = ("--clip-model-is-vision", "--llava-projector", str(folder / "llava.projector"))
sys.argv = [str(script), "--model-dir", str(folder), *options]
runpy.run_path(str(script), run_name="__main__")
