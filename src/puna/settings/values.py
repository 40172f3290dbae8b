"""How the text of a variable is read: addresses, durations, sizes, lists."""

import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

DURATION_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
"""The units of a duration as Go writes it (`time.ParseDuration`), which is how Ollama's users write it."""
PORTS = {"": 11434, "http": 80, "https": 443}
"""The port of an address that names none, by its scheme, as Ollama has it."""
HOST_NAME = re.compile(r"[A-Za-z0-9_*]([A-Za-z0-9_.*-]*[A-Za-z0-9_*])?")


class Share(float):
    """A part of the memory that the machine has."""


def address(text: str) -> dict[str, Any]:
    """`host`, `host:port`, `:port`, `::1`, `[v6]:port`, `https://host/path`, as Ollama takes it."""
    match = re.fullmatch(
        r"(?:(https?)://)?(\[[^\]/]*\]|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*|[^:/]*)(?::([0-9]{1,5}))?(/.*)?",
        text,
    )
    if not match or int(match[3] or 0) > 65535 or not is_host(match[2]):
        raise ValueError("expected host, host:port or :port")
    scheme, host, path = match[1] or "", match[2].strip("[]"), (match[4] or "").rstrip("/")
    fields: dict[str, Any] = {"host": host} if host else {}
    fields |= {"port": int(match[3])} if match[3] else {"port": PORTS[scheme]} if scheme else {}
    return fields | ({"https": True} if scheme == "https" else {}) | ({"path": path} if path else {})


def is_host(text: str) -> bool:
    """Whether a text may name a machine, or is empty."""
    if ":" not in text:
        return not text or HOST_NAME.fullmatch(text) is not None
    import ipaddress  # an address of IPv6 is rare

    try:
        return bool(ipaddress.IPv6Address(text.strip("[]")))
    except ValueError:
        return False


def duration(text: str) -> float:
    """Seconds of `5m`, `1h30m`, `90` (seconds) or a negative number, which means for ever."""
    if re.fullmatch(r"-?[0-9]+", text):
        seconds = float(text)
    else:
        parts = re.findall(r"([0-9]*\.?[0-9]+)(ns|us|µs|ms|s|m|h)", text)
        if not parts or "".join(number + unit for number, unit in parts) != text.removeprefix("-"):
            raise ValueError("expected a duration such as 5m, 1h30m, 90s, 0, or -1 (forever)")
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


def positive_or_automatic(text: str) -> int | None:
    """A whole number above zero, or 0 for Puna's own choice."""
    return None if text == "0" else positive(text)


def limit(text: str) -> float:
    """Seconds, infinite for `0` as for a negative number, as Ollama has it for loading."""
    return duration(text) or math.inf


def memory(text: str) -> int | Share:
    """Bytes, or a part of the machine's memory such as `85%`."""
    if match := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?%", text):
        if not 0 < float(match[1]) <= 100:
            raise ValueError("expected more than 0% and at most 100%")
        return Share(float(match[1]) / 100)
    try:
        return size(text)
    except ValueError as error:
        raise ValueError("expected a size such as 8GiB or 500MB, or a part of the memory such as 85%") from error


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


def level(text: str) -> bool:
    """A switch, or a number as Ollama's `OLLAMA_DEBUG=2`: any but 0 is on."""
    return int(text) != 0 if re.fullmatch(r"-?[0-9]+", text) else switch(text)


def words(text: str) -> tuple[str, ...]:
    """A comma-separated list."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def keys(text: str) -> frozenset[str]:
    """A comma-separated list of keys, none of them empty: a list with nothing in it would let everybody in."""
    found = frozenset(key.strip() for key in text.split(","))
    if "" in found:
        raise ValueError("expected keys with a comma between them, and none of them empty")
    return found


def origins(text: str) -> tuple[str, ...]:
    """A comma-separated list of web pages' origins, in which `*` is anything."""
    for origin in (found := words(text)):
        if origin != "*" and not re.fullmatch(r"[A-Za-z*][A-Za-z0-9+.*-]*://[^/\s]+", origin):
            raise ValueError(f"expected origins such as https://example.com or *, not {origin!r}")
    return found


def networks(text: str) -> tuple[str, ...]:
    """A comma-separated list of hosts, addresses and networks, or `*`."""
    for entry in (found := words(text)):
        if not is_network(entry):
            raise ValueError(f"expected hosts, addresses, networks such as 10.0.0.0/8, or *, not {entry!r}")
    return found


def is_network(text: str) -> bool:
    """Whether a text is `*`, a host's name, an address or a network."""
    import ipaddress

    try:
        return bool(ipaddress.ip_network(text, strict=False))
    except ValueError:
        named = re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?", text) is not None
        return text == "*" or (named and not re.fullmatch(r"[0-9.]+", text))


def existing_file(text: str) -> Path:
    """A file."""
    path = Path(text).expanduser()
    if not path.is_file():
        raise ValueError("there is no such file")
    return path


def program(text: str) -> Path:
    """A file that can be run."""
    path = existing_file(text)
    if not os.access(path, os.X_OK):
        raise ValueError("this file can't be run: is it a program, and is it marked executable (chmod +x)?")
    return path


def folder(text: str) -> Path:
    """A folder, which need not be there yet."""
    return Path(text).expanduser()


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
