"""Puna as an application of Ray Serve: `serve run puna.ray:app models=tiny`."""

from puna.ray.application import Arguments, app

__all__ = ["Arguments", "app"]
