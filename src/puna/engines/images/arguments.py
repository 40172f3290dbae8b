"""What the process that draws is started with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from puna.core.capacity import Capacity

Precision = Literal["full", "half"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageArguments:
    """Everything that the process is told. `files` are those of the pipeline's folder, by their paths in it;
    `precision` is that of the weights on processors. `threads` None means as many as torch takes."""

    files: tuple[tuple[str, Path], ...] = field(repr=False)
    precision: Precision = "full"
    threads: int | None = None

    @property
    def name(self) -> str:
        """What is loaded."""
        return "the pipeline"

    @property
    def capacity(self) -> Capacity:
        """One picture at a time: several would only wait for one another."""
        return Capacity(slots=1)

    def to_json(self) -> dict[str, Any]:
        """The arguments as plain JSON, for the process."""
        files = {name: str(path) for name, path in self.files}
        return {"files": files, "precision": self.precision, "threads": self.threads}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "ImageArguments":
        """The inverse of `to_json`."""
        files = tuple((name, Path(path)) for name, path in fields["files"].items())
        return cls(**{**fields, "files": files})
