"""The bundled model, as package data: `tiny.gguf`, made by `training/` and described in `docs/tiny.md`."""

import os

TINY = os.path.join(os.path.dirname(__file__), "tiny.gguf")
"""Where its weights are, in installations that have them."""
TINY_NAME = "tiny:latest"
