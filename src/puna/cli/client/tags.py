"""The rows of /api/tags, read back into what the server listed."""

from datetime import datetime
from typing import Any

from puna.library.config import Config
from puna.library.listing import Listed


def listed(row: dict[str, Any]) -> Listed:
    """One model of the server's list."""
    name, details = row["name"], row["details"]
    config = Config(
        format=details["format"],
        family=details["family"],
        families=tuple(details["families"] or ()),
        parameter_size=details["parameter_size"],
        quantization=details["quantization_level"],
    )
    _, _, namespace = name.rpartition("/")[0].rpartition("/")
    modified_ns = int(datetime.fromisoformat(row["modified_at"]).timestamp() * 10**9)
    return Listed(name, namespace or "library", modified_ns, row["size"], row["digest"], config)
