"""A server that streams as vLLM does, to many clients for little: `python -m benchmarks.upstream`.

A stream says its first token at once, and then one after the other as long as it is asked to: until somebody posts to
`/end`, after which the next token is the last one. One loop goes around all streams, so that each has its tokens at
the same distance and all of them at different times.
"""

import argparse
import asyncio
import json
from collections import deque

import uvloop

MODEL = "far"
TICK = 0.02
"""How many seconds there are between two looks at whose turn it is."""


def write_chunk(content: bytes) -> bytes:
    """A part of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(content), content)


def write_event(delta: dict[str, str], reason: str | None = None) -> bytes:
    """What vLLM writes for a token."""
    row = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason, "token_ids": None}
    event = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [row]}
    return write_chunk(b"data: %b\n\n" % json.dumps(event, separators=(",", ":")).encode())


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
TOKEN = write_event({"content": " token"})
BEGIN = HEAD + write_event({"role": "assistant", "content": ""}) + TOKEN
END = write_event({"content": " token"}, "length") + write_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
MODELS = json.dumps({"data": [{"id": MODEL, "owned_by": "vllm", "max_model_len": 32768}]}).encode()


class Wheel:
    """All streams, in the order in which they speak; each has a token every `pace` seconds."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._streams: deque[asyncio.WriteTransport] = deque()
        self._over = False

    def add(self, stream: asyncio.WriteTransport) -> None:
        """A stream begins."""
        self._over = False
        stream.write(BEGIN)
        self._streams.append(stream)

    def end(self) -> None:
        """The next token of each stream is its last."""
        self._over = True

    async def turn(self) -> None:
        """Let them speak, one after the other."""
        loop = asyncio.get_running_loop()
        due, seen = 0.0, loop.time()
        while True:
            await asyncio.sleep(TICK)
            now = loop.time()
            due, seen = due + len(self._streams) * (now - seen) / self._pace, now
            for _ in range(min(int(due), len(self._streams))):
                self._speak(self._streams.popleft())
            due %= 1.0

    def _speak(self, stream: asyncio.WriteTransport) -> None:
        if stream.is_closing():
            return
        stream.write(END if self._over else TOKEN)
        if not self._over:
            self._streams.append(stream)


class Connection(asyncio.Protocol):
    """A client's connection, with one request after the other."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length")), 0)
        if not separator or len(body) < length:
            return
        self._received = b""
        if head.startswith(b"POST /v1/chat/completions"):
            self._wheel.add(self._transport)
            return
        if head.startswith(b"POST /end"):
            self._wheel.end()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(MODELS), MODELS))


async def serve(pace: float) -> None:
    """Serve, and print the port."""
    wheel = Wheel(pace)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(wheel), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await wheel.turn()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.upstream", description=__doc__)
    parser.add_argument("--pace", type=float, default=1.0, help="seconds between two tokens of a stream")
    uvloop.run(serve(parser.parse_args().pace))
