"""API keys: who has them, and what each may do."""

import hashlib
import re
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from puna.settings import SettingError, Settings

NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
DIGEST = re.compile(r"[0-9a-f]{64}")
FIELDS = frozenset({"sha256", "models", "requests_per_minute", "tokens_per_minute"})
SHOWN_DIGITS = 12
"""How much of its digest stands for a key that has no name."""


class Allowance:
    """So much a minute; what is not used comes back evenly."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._left = float(most)
        self._seen = time.monotonic()

    def left(self) -> float:
        """How much there is now. Below zero more was used than there was."""
        now = time.monotonic()
        self._left = min(self.most, self._left + (now - self._seen) * self.most / 60)
        self._seen = now
        return self._left

    def use(self, amount: int) -> None:
        """Take some."""
        self._left = self.left() - amount

    def seconds_until(self, amount: float) -> float:
        """When there will be so much."""
        return max(0.0, (amount - self.left()) * 60 / self.most)


@dataclass(frozen=True, slots=True)
class Key:
    """One key, which only its SHA-256 is known of. `models` are the names it is limited to, with `*` for anything."""

    name: str
    digest: str
    models: tuple[str, ...] | None = None
    requests: Allowance | None = None
    tokens: Allowance | None = None

    def admits(self, model: str) -> bool:
        """Whether the key may use a model."""
        return self.models is None or any(fnmatchcase(plain(model), plain(allowed)) for allowed in self.models)


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of a server; with none of them it asks nobody for one."""

    by_digest: Mapping[str, Key] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> "Keys":
        """The keys that the settings name. Raises SettingError."""
        listed = [hashlib.sha256(key.encode()).hexdigest() for key in settings.api_keys]
        keys = [Key(digest[:SHOWN_DIGITS], digest) for digest in listed]
        if settings.api_keys_file:
            keys += read_keys(settings.api_keys_file)
        return cls({key.digest: key for key in keys})

    def __bool__(self) -> bool:
        return bool(self.by_digest)

    def find(self, given: str) -> Key | None:
        """The key that a client gives. It is looked for by its digest, which tells nobody how near a wrong one is."""
        return self.by_digest.get(hashlib.sha256(given.encode("latin-1")).hexdigest())

    def name(self, given: str) -> str:
        """The name of the key that a client gives; nothing for one that is none."""
        key = self.find(given)
        return key.name if key else ""


def plain(model: str) -> str:
    """A model's name in the shortest form."""
    name = model.lower().partition("@")[0].removeprefix("registry.ollama.ai/").removeprefix("library/")
    return name.removesuffix(":latest")


def read_keys(path: Path) -> list[Key]:
    """The keys of a TOML file, a table for each. Raises SettingError, naming the table."""
    where = f"PUNA_API_KEYS_FILE={path}"
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{where}: {error}") from error
    if not tables:
        raise SettingError(f"{where}: there are no keys in it")
    return [read_key(f"{where}: [{name}]", name, table) for name, table in tables.items()]


def read_key(where: str, name: str, table: Any) -> Key:
    """One key of the file. Raises SettingError."""
    if not NAME.fullmatch(name) or not isinstance(table, dict):
        raise SettingError(f"{where} has to be a table with a name of letters, digits and _.@-")
    if unknown := table.keys() - FIELDS:
        raise SettingError(f"{where}: unknown {min(unknown)!r}; there are {', '.join(sorted(FIELDS))}")
    digest, models = table.get("sha256"), table.get("models")
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise SettingError(f"{where}: sha256 has to be the key's SHA-256 in 64 hexadecimal digits")
    if models is not None and not (isinstance(models, list) and all(isinstance(one, str) for one in models)):
        raise SettingError(f"{where}: models has to be a list of names")
    requests, tokens = (read_allowance(where, table, f"{kind}_per_minute") for kind in ("requests", "tokens"))
    return Key(name, digest, None if models is None else tuple(models), requests, tokens)


def read_allowance(where: str, table: Mapping[str, Any], name: str) -> Allowance | None:
    """How much a key may use in a minute; None for no limit. Raises SettingError."""
    most = table.get(name)
    if most is None:
        return None
    if type(most) is not int or most < 1:
        raise SettingError(f"{where}: {name} has to be a whole number above 0")
    return Allowance(most)
