"""The builds of llama.cpp in the home, and the one that is used."""

import json
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from puna.builds.processor import processor_features
from puna.core.errors import PunaError
from puna.settings import Settings

PACKAGE = "xllamacpp"
"""The package that has the packaged engine, and whose source a build is made of."""
WHEEL = "wheel"
"""What the packaged engine is called where builds have names."""
PROGRAM = "llama-server"
FACTS = "build.json"
USED = "used"


class BuildError(PunaError):
    """A build that can't be made, used or found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is written beside a build: the version of `xllamacpp` whose source it is made of, the GPU interface it
    was built for (`cpu` for none), whether llguidance is in it, and the features of the processor that it needs."""

    version: str
    device: str
    llguidance: bool
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Build:
    """One build: its name, where it is, and what is known of it."""

    name: str
    folder: Path
    facts: Facts

    @property
    def program(self) -> Path:
        return self.folder / PROGRAM

    def obstacle(self, installed: str, processor: Collection[str]) -> str | None:
        """Why it can't be used with that version of the package and on that processor; None where it can. A
        processor whose features nobody knows counts as one that has them all."""
        if self.facts.version != installed:
            return f"it was built from {PACKAGE} {self.facts.version}, and {installed} is installed"
        missing = [feature for feature in self.facts.features if feature not in processor]
        if processor and missing:
            return f"it was built for another processor: this one lacks {', '.join(missing)}"
        return None if self.program.is_file() else f"{self.program} is not there"


class Builds:
    """The builds of one home, each in a folder of `engines`."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "engines"

    def all(self) -> list[Build]:
        """Those that are whole, by name."""
        found = [self._read(path.parent) for path in sorted(self.folder.glob(f"*/{FACTS}"))]
        return [build for build in found if build is not None]

    def find(self, name: str) -> Build:
        """The build of that name. Raises BuildError."""
        for build in self.all():
            if build.name == name:
                return build
        names = ", ".join(build.name for build in self.all()) or "none"
        raise BuildError(f"there is no build '{name}'. The builds here: {names}.")

    def chosen(self) -> Build | None:
        """The build that is to be used, whether it can be or not; None for the packaged engine."""
        with suppress(OSError):
            return self._read(self.folder / (self.folder / USED).read_text().strip())
        return None

    def use(self, name: str) -> None:
        """Have engines that start from now on be that build, or the packaged engine. Raises BuildError."""
        if name == WHEEL:
            (self.folder / USED).unlink(missing_ok=True)
            return
        if why := self.find(name).obstacle(installed_version(), processor_features()):
            raise BuildError(f"'{name}' can't be used: {why}. `puna engine build` makes a new one.")
        written = self.folder / f".{USED}"
        written.write_text(name)
        written.replace(self.folder / USED)

    def remove(self, name: str) -> None:
        """Delete a build. Where it was used, the packaged engine is from now on. Raises BuildError."""
        build, chosen = self.find(name), self.chosen()
        if chosen is not None and chosen.name == name:
            self.use(WHEEL)
        (build.folder / FACTS).unlink()  # from here on it is none, even if the rest is interrupted
        shutil.rmtree(build.folder)

    def put(self, name: str, program: Path, facts: Facts) -> Build:
        """Add a program as a build, in place of one of the same name."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy2(program, folder / PROGRAM)
        (folder / FACTS).write_text(json.dumps(asdict(facts), indent=2))
        return Build(name, folder, facts)

    def _read(self, folder: Path) -> Build | None:
        """A build; None where a folder has none that can be read."""
        try:
            facts = json.loads((folder / FACTS).read_text())
            return Build(folder.name, folder, Facts(**{**facts, "features": tuple(facts["features"])}))
        except (OSError, ValueError, TypeError, KeyError):
            return None


def installed_version() -> str:
    """The version of the installed package, empty where there is none."""
    from importlib.metadata import PackageNotFoundError, version  # only who has a build needs it

    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return ""


def usable(home: Path) -> Build | None:
    """The chosen build where it fits what is installed; None means the packaged engine."""
    chosen = Builds(home).chosen()
    return None if chosen is None or chosen.obstacle(installed_version(), processor_features()) else chosen


def program_of(settings: Settings) -> Path | None:
    """The `llama-server` that runs models: the one the settings name, else the build in use; None means the packaged
    engine."""
    if settings.llama_server is not None:
        return settings.llama_server
    build = usable(settings.home)
    return build.program if build else None
