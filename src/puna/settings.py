"""Every setting, with the environment variable it comes from: `PUNA_…`, else its `OLLAMA_…` namesake."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from puna.core.errors import PunaError

DURATION_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
"""The units of a duration as Go writes it (`time.ParseDuration`), which is how Ollama's users write it."""


class SettingError(PunaError):
    """A variable has a value that can't be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user decided. Times are in seconds, infinite for "never"; sizes are in bytes.

    What is kept of responses and conversations goes after `…_max_age` seconds or when there are more than
    `…_max_count`; None keeps it. `database_url` None means SQLite in `home`.
    """

    host: str = "127.0.0.1"
    port: int = 11434
    home: Path = Path.home() / ".puna"
    models: Path = Path.home() / ".puna" / "models"
    keep_alive: float = 300.0
    parallel: int | None = None
    replicas: int = 1
    context_length: int | None = None
    flash_attention: str = "auto"
    cache_type: str = "f16"
    threads: int | None = None
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    api_keys: frozenset[str] = frozenset()
    api_keys_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    llama_server: Path | None = None
    max_loaded_models: int | None = None
    max_queue: int = 512
    max_request_size: int | None = 256 * 1024**2
    max_text_size: int | None = 16 * 1024**2
    max_values: int | None = 300_000
    max_properties: int | None = 5_000
    max_messages: int | None = 2_048
    max_parts: int | None = 2_048
    max_inputs: int | None = 2_048
    max_tools: int | None = 128
    schema_attempts: int = 5
    memory: int | None = None
    load_timeout: float = 300.0
    stall_timeout: float = 30.0
    shutdown_timeout: float = 20.0
    head_timeout: float = 20.0
    body_timeout: float = 30.0
    read_timeout: float = 60.0
    idle_timeout: float = 75.0
    max_connections: int | None = None
    access_log: bool = True
    debug: bool = False
    database_url: str | None = None
    responses_max_age: float | None = 30 * 24 * 3600.0
    responses_max_count: int | None = 100_000
    conversations_max_age: float | None = None
    image_hosts: tuple[str, ...] = ()

    @property
    def body_limits(self) -> dict[str, int | None]:
        """How much a body may have in it, by what: bytes (`request`, `text`), `values`, `messages`, …"""
        return {
            "request": self.max_request_size,
            "text": self.max_text_size,
            "values": self.max_values,
            "properties": self.max_properties,
            "messages": self.max_messages,
            "parts": self.max_parts,
            "inputs": self.max_inputs,
            "tools": self.max_tools,
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables; an empty one counts as unset.

        Raises:
            SettingError: naming the variable.
        """
        found: dict[str, Any] = {}
        for name, (field, parse) in VARIABLES.items():
            for variable in (f"PUNA_{name}", f"OLLAMA_{name}"):
                if text := environment.get(variable, "").strip():
                    found |= read(variable, text, field, parse)
                    break
        if ("tls_cert" in found) != ("tls_key" in found):
            raise SettingError("PUNA_TLS_CERT and PUNA_TLS_KEY belong together: one of them is missing")
        if "home" in found:
            found.setdefault("models", found["home"] / "models")
        return cls(**found)


def read(variable: str, text: str, field: str, parse: Callable[[str], Any]) -> dict[str, Any]:
    """The fields one variable sets."""
    try:
        value = parse(text)
    except ValueError as error:
        raise SettingError(f"{variable}={text}: {error}") from error
    return value if field == "" else {field: value}


def address(text: str) -> dict[str, Any]:
    """`host`, `host:port`, `:port`, `[v6]:port`, with or without `http://`, as Ollama takes it."""
    match = re.fullmatch(r"(?:http://)?(\[[0-9a-fA-F:.%]+\]|[^:/]*)(?::([0-9]{1,5}))?/*", text)
    if not match or int(match[2] or 0) > 65535:
        raise ValueError("expected host, host:port or :port")
    fields: dict[str, Any] = {"host": match[1].strip("[]")} if match[1] else {}
    return fields | ({"port": int(match[2])} if match[2] else {})


def duration(text: str) -> float:
    """Seconds of `5m`, `1h30m`, `90` (seconds) or a negative number, which means for ever."""
    if re.fullmatch(r"-?[0-9]+", text):
        seconds = float(text)
    else:
        parts = re.findall(r"([0-9]*\.?[0-9]+)(ns|us|µs|ms|s|m|h)", text)
        if not parts or "".join(number + unit for number, unit in parts) != text.removeprefix("-"):
            raise ValueError("expected a duration such as 5m, 1h30m, 90s, 0, or -1 for ever")
        seconds = sum(float(number) * DURATION_UNITS[unit] for number, unit in parts)
        seconds = -seconds if text.startswith("-") else seconds
    return math.inf if seconds < 0 else seconds


def age(text: str) -> float | None:
    """Seconds, None for "for ever"."""
    seconds = duration(text)
    return None if math.isinf(seconds) else seconds


def count(text: str) -> int | None:
    """A whole number above zero; a negative one means "as many as there are"."""
    return None if re.fullmatch("-[0-9]+", text) else positive(text)


def positive(text: str) -> int:
    """A whole number above zero."""
    if not text.isdecimal() or int(text) == 0:
        raise ValueError("expected a whole number above 0")
    return int(text)


def positive_or_unlimited(text: str) -> int | None:
    """A whole number above zero, or 0 for no limit."""
    return None if text == "0" else positive(text)


def size(text: str) -> int:
    """Bytes of `8GiB`, `500M`, `12 GB`, or a plain number."""
    match = re.fullmatch(r"([0-9]*\.?[0-9]+) ?([kmgt]?)(i?)b?", text.lower())
    if not match:
        raise ValueError("expected a size such as 8GiB, 500MB or a number of bytes")
    return int(float(match[1]) * (1024 if match[3] else 1000) ** " kmgt".index(match[2] or " "))


def size_or_unlimited(text: str) -> int | None:
    """Bytes, or 0 for no limit."""
    return size(text) or None


def switch(text: str) -> bool:
    """`1` or `0`, in any of the ways in which Go and people write that."""
    if text.lower() in ("1", "t", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "f", "false", "no", "off"):
        return False
    raise ValueError("expected 1 or 0")


def words(text: str) -> tuple[str, ...]:
    """A comma-separated list."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def keys(text: str) -> frozenset[str]:
    """A comma-separated list that has something in it: one that has not would let everybody in."""
    found = frozenset(words(text))
    if not found:
        raise ValueError("expected at least one key")
    return found


def existing_file(text: str) -> Path:
    """A file."""
    path = Path(text).expanduser()
    if not path.is_file():
        raise ValueError("there is no such file")
    return path


def one_of(*values: str) -> Callable[[str], str]:
    """One of the given words."""

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(f"expected one of {', '.join(values)}")
        return text

    return parse


def flash_attention(text: str) -> str:
    """`auto`, `on`, `off`, or Ollama's 1, 0, true, false."""
    return one_of("auto", "on", "off")({"1": "on", "true": "on", "0": "off", "false": "off"}.get(text, text))


VARIABLES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "HOST": ("", address),
    "HOME": ("home", lambda text: Path(text).expanduser()),
    "MODELS": ("models", lambda text: Path(text).expanduser()),
    "KEEP_ALIVE": ("keep_alive", duration),
    "NUM_PARALLEL": ("parallel", positive),
    "REPLICAS": ("replicas", positive),
    "CONTEXT_LENGTH": ("context_length", positive),
    "FLASH_ATTENTION": ("flash_attention", flash_attention),
    "KV_CACHE_TYPE": (
        "cache_type",
        one_of("f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"),
    ),
    "THREADS": ("threads", positive),
    "ORIGINS": ("origins", words),
    "HOSTS": ("hosts", words),
    "API_KEYS": ("api_keys", keys),
    "API_KEYS_FILE": ("api_keys_file", existing_file),
    "TLS_CERT": ("tls_cert", existing_file),
    "TLS_KEY": ("tls_key", existing_file),
    "LLAMA_SERVER": ("llama_server", existing_file),
    "MAX_LOADED_MODELS": ("max_loaded_models", positive_or_unlimited),
    "MAX_QUEUE": ("max_queue", positive),
    "MAX_REQUEST_SIZE": ("max_request_size", size_or_unlimited),
    "MAX_TEXT_SIZE": ("max_text_size", size_or_unlimited),
    "MAX_VALUES": ("max_values", positive_or_unlimited),
    "MAX_PROPERTIES": ("max_properties", positive_or_unlimited),
    "MAX_MESSAGES": ("max_messages", positive_or_unlimited),
    "MAX_PARTS": ("max_parts", positive_or_unlimited),
    "MAX_INPUTS": ("max_inputs", positive_or_unlimited),
    "MAX_TOOLS": ("max_tools", positive_or_unlimited),
    "MEMORY": ("memory", size),
    "LOAD_TIMEOUT": ("load_timeout", duration),
    "SCHEMA_ATTEMPTS": ("schema_attempts", positive),
    "STALL_TIMEOUT": ("stall_timeout", duration),
    "SHUTDOWN_TIMEOUT": ("shutdown_timeout", duration),
    "HEAD_TIMEOUT": ("head_timeout", duration),
    "BODY_TIMEOUT": ("body_timeout", duration),
    "READ_TIMEOUT": ("read_timeout", duration),
    "IDLE_TIMEOUT": ("idle_timeout", duration),
    "MAX_CONNECTIONS": ("max_connections", positive),
    "ACCESS_LOG": ("access_log", switch),
    "DEBUG": ("debug", switch),
    "DATABASE_URL": ("database_url", str),
    "RESPONSES_MAX_AGE": ("responses_max_age", age),
    "RESPONSES_MAX_COUNT": ("responses_max_count", count),
    "CONVERSATIONS_MAX_AGE": ("conversations_max_age", age),
    "IMAGE_HOSTS": ("image_hosts", words),
}
"""Variable name, without its prefix, to the field it sets and how its text is read."""
