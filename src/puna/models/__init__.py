"""The bundled models, as package data: `tiny.gguf` and `tiny-projector.gguf`, with which it sees, made by `training/`
and described in `docs/tiny.md`, and the folder `tiny-image`, made by `training/pictures/` and described in
`docs/images.md`."""

import os

TINY = os.path.join(os.path.dirname(__file__), "tiny.gguf")
"""Where its weights are, in installations that have them."""
TINY_PROJECTOR = os.path.join(os.path.dirname(__file__), "tiny-projector.gguf")
"""Where that is which turns pictures into its tokens, in installations that have it."""
TINY_NAME = "tiny:latest"

TINY_IMAGE = os.path.join(os.path.dirname(__file__), "tiny-image")
"""The folder of the model that makes images, in installations that have it."""
TINY_IMAGE_NAME = "tiny-image:latest"
