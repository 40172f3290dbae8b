"""What the native API tells of each of many models. It imports little: `puna list` has to be quick."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from puna.library.config import Config
from puna.library.listing import Listed


def render_summary(model: Listed) -> dict[str, Any]:
    """One row of the list of models."""
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": model.modified,
        "size": model.size,
        "digest": model.digest,
        "details": render_details(model.config),
    }


@lru_cache(maxsize=1024)
def render_details(config: Config) -> dict[str, Any]:
    """Family, size and quantisation. Thousands of models have the same: what is returned is not to be changed."""
    return {
        "parent_model": "",
        "format": config.format,
        "family": config.family,
        "families": list(config.families),
        "parameter_size": config.parameter_size,
        "quantization_level": config.quantization,
    }


def render_time(time: datetime) -> str:
    """A time as Go writes it."""
    return time.isoformat().replace("+00:00", "Z")
