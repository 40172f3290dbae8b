"""The bundled model, as package data: `tiny.gguf`, made by `training/` and described in `docs/tiny.md`."""
