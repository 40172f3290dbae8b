"""Bodies made to hold a server up, or to make it use memory: much of one thing, in as few bytes as there can be."""

from collections.abc import Iterator
from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Bomb:
    """One such body, and where it is sent."""

    name: str
    path: str
    content: bytes

    def __str__(self) -> str:
        return f"{self.name} to {self.path}"


def bombs(size: int = MEGABYTE, only: str | None = None) -> Iterator[Bomb]:
    """One of each kind, for all paths or for one, a little smaller than `size` bytes."""
    for path, field, before, after in (
        ("/v1/embeddings", "input", "", ""),
        ("/v1/completions", "prompt", "", ""),
        ("/v1/responses", "input", "", ""),
        ("/v1/chat/completions", "messages", "", ""),
        ("/v1/chat/completions", "tools", '"messages":[{"role":"user","content":"x"}],', ""),
        ("/v1/chat/completions", "stop", '"messages":[{"role":"user","content":"x"}],', ""),
        ("/v1/chat/completions", "messages", "", '[{"role":"user","content":'),
        ("/v1/responses", "input", "", '[{"role":"user","content":'),
        ("/v1/conversations", "items", "", ""),
        ("/api/chat", "messages", "", ""),
        ("/api/chat", "messages", "", '[{"role":"user","images":'),
        ("/api/embed", "input", "", ""),
        ("/api/generate", "context", '"prompt":"x",', ""),
        ("/api/create", "files", "", ""),
    ):
        if only not in (None, path):
            continue
        for name, value in values(size - 200):
            closing = "".join("}" if mark == "{" else "]" for mark in reversed(after) if mark in "[{")
            model = "" if path == "/v1/conversations" else '"model":"tiny",'
            content = f'{{{model}{before}"{field}":{after}{value}{closing}}}'
            yield Bomb(f"{name} as {field}{'…' if after else ''}", path, content.encode())
    for path in ("/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/api/chat"):
        if only in (None, path):
            yield from (Bomb(name, path, content) for name, content in documents(size))


def values(size: int) -> Iterator[tuple[str, str]]:
    """Values of that many bytes."""
    for name, one in (
        ("whole numbers", "0"),
        ("floats", "0.5"),
        ("texts", '""'),
        ("nulls", "null"),
        ("lists", "[]"),
        ("objects", "{}"),
        ("typed objects", '{"type":"x"}'),
        ("messages", '{"role":"user","content":"x"}'),
        ("lists of numbers", "[0]"),
    ):
        yield name, f"[{','.join([one] * (size // (len(one) + 1)))}]"
    yield "properties", "{" + ",".join(f'"{number}":0' for number in range(size // 10)) + "}"
    yield "a text", f'"{"x" * size}"'
    yield "a deep list", "[" * (size // 2) + "]" * (size // 2)
    yield "digits", "9" * size


def documents(size: int) -> tuple[tuple[str, bytes], ...]:
    """Bodies that are no object, or no JSON."""
    return (
        ("open lists", b"[" * size),
        ("open objects", b'{"a":' * (size // 5)),
        ("a text that does not end", b'"' + b"x" * size),
        ("escaped quotes without an end", b'"' + b'\\"' * (size // 2)),
        ("commas", b"," * size),
        ("zeros", b"[" + b"0," * (size // 2 - 1) + b"0]"),
        ("unknown fields", b'{"model":"tiny",%s}' % b",".join(b'"%d":0' % number for number in range(size // 10))),
        ("null bytes", bytes(size)),
        ("no UTF-8", b"\xff" * size),
        ("one long name", b'{"%s":1}' % (b"x" * size)),
    )
