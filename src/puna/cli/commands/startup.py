"""What is looked at before the server starts: settings that are well written and still can't be used."""

import logging
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from puna import __version__
from puna.builds.build import Builds, installed_version, program_of
from puna.builds.processor import processor_features
from puna.core.errors import megabytes
from puna.library.listing import draws
from puna.machine import gpus, memory_limit, unused_gpu
from puna.settings import SettingError, Settings, unknown_variables
from puna.state.private import private_folder

_log = logging.getLogger("puna")


def check(settings: Settings) -> None:
    """Raises SettingError for a folder or database that can't be used."""
    check_home(settings.home)
    check_models(settings.models)
    if settings.database_url:
        from puna.state.database import check_url  # a moment's import, which few need

        try:
            check_url(settings.database_url)
        except ValueError as error:
            raise SettingError(f"PUNA_DATABASE_URL: {error}") from error


def check_home(home: Path) -> None:
    """Make the folder of Puna's own files. Raises SettingError where that is not possible."""
    try:
        private_folder(home)
    except OSError as error:
        raise SettingError(
            f"can't use the folder {home}: {error.strerror}. Set PUNA_HOME to a folder that Puna can write to."
        ) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise SettingError(f"can't write to the folder {home}. Set PUNA_HOME to another one.")


def check_models(models: Path) -> None:
    """Raises SettingError for a folder of models that can neither be read nor be made."""
    there = next(path for path in (models, *models.absolute().parents) if path.exists())
    needed = os.R_OK if there == models else os.W_OK
    if not there.is_dir():
        raise SettingError(f"PUNA_MODELS={models}: {there} is not a folder")
    if not os.access(there, needed | os.X_OK):
        raise SettingError(f"PUNA_MODELS={models}: no permission to use the folder {there}")


def introduce(settings: Settings, url: str) -> None:
    """Say what this server is and has, what it lacks, and which models of Ollama's are near."""
    program = program_of(settings)
    found = [f"GPU {number} ({megabytes(size)})" for number, size in enumerate(gpus(program))]
    devices = ", ".join(found) or ("Apple GPU" if sys.platform == "darwin" else f"CPU ({os.cpu_count()} cores)")
    own = count_models(settings.models)
    count = own + 1 + draws()  # tiny, and what makes images where that is installed
    memory = megabytes(int(memory_limit(settings).ram))
    models = f"{count} model{'s' if count > 1 else ''} in {settings.models}"
    _log.info("Puna %s at %s; %s; %s; memory limit %s", __version__, url, devices, models, memory)
    if command := unused_gpu(program):
        _log.warning("This machine has a GPU that the engine can't use. To use it: %s", command)
    warn_of_build(settings)
    if not own:
        offer_models(places_of_ollama())


def warn_of_build(settings: Settings) -> None:
    """Say that the build which is to be used can't be, and why."""
    build = None if settings.llama_server else Builds(settings.home).chosen()
    if build and (why := build.obstacle(installed_version(), processor_features())):
        _log.warning(
            "The engine build %s is not used: %s. `puna engine build` makes a new one; until then the packaged "
            "engine answers.",
            build.name,
            why,
        )


def places_of_ollama() -> tuple[Path, ...]:
    """Where Ollama keeps its models: a user's own, and those of the service that its installer sets up on Linux."""
    service = Path("/usr/share/ollama/.ollama/models")
    try:
        return Path.home() / ".ollama" / "models", service
    except RuntimeError:  # a user without a home
        return (service,)


def offer_models(places: Iterable[Path]) -> None:
    """Say how to use the models that Ollama has in the first of these folders that has any."""
    for place in places:
        if count := count_models(place):
            _log.info("Ollama's models are in %s (%d). To use them: PUNA_MODELS=%s puna serve", place, count, place)
            return


def count_models(models: Path) -> int:
    """How many manifests there are, as far as they may be seen. Nothing is written: the folder may be Ollama's."""
    try:
        return sum(path.is_file() for path in (models / "manifests").glob("*/*/*/*"))
    except PermissionError:
        return 0


def warn_of_unknown(environment: Mapping[str, str]) -> None:
    """Warn of variables that look like Puna's and are none."""
    for name, near in unknown_variables(environment).items():
        hint = f"Did you mean {near}?" if near else "`puna serve --help` lists all variables."
        _log.warning("Unknown variable %s. %s", name, hint)
