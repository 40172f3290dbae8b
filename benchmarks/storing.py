"""What the database has to bear: `python -m benchmarks.storing postgresql://…`, with a database of no use otherwise.

Clients hold conversations with stored responses, each of which goes on from the one before. The answers come from a
stand-in for a server, and are short.
"""

import argparse
import asyncio
import json
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg

from benchmarks.remote import MODEL, servers, spent

CLIENTS = 32
TURNS = 25
TOKENS = 20
PACE = 0.005
"""How many seconds a token takes, so that the database matters and not the model."""


async def respond(address: str, before: str | None) -> str:
    """The id of a response that goes on from another one."""
    place = urlsplit(address)
    body = {"model": MODEL, "input": "What next?", "max_output_tokens": TOKENS, "previous_response_id": before}
    content = json.dumps(body).encode()
    head = (
        f"POST /v1/responses HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(head.encode() + content)
    _, _, answer = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    response: dict[str, Any] = json.loads(answer)
    return str(response["id"])


async def converse(address: str) -> None:
    """One client's conversation."""
    last = None
    for _ in range(TURNS):
        last = await respond(address, last)


def numbers(database: psycopg.Connection[Any]) -> tuple[int, int, float]:
    """Commits, bytes and processor time of the database so far."""
    size = "SELECT xact_commit, pg_database_size(datname) FROM pg_stat_database WHERE datname = current_database()"
    commits, used = database.execute(size).fetchone() or (0, 0)
    pids = database.execute("SELECT pid FROM pg_stat_activity").fetchall()
    return commits, used, sum(spent(psutil.Process(pid)) for (pid,) in pids)


async def measure(url: str) -> None:
    """Print what so many responses are to the database."""
    with psycopg.connect(url, autocommit=True) as database:
        async with servers(PACE, PUNA_DATABASE_URL=url) as found:
            await converse(found.here.address)
            before, own, begun = numbers(database), spent(found.puna), monotonic()
            await asyncio.gather(*(converse(found.here.address) for _ in range(CLIENTS)))
            passed = monotonic() - begun
            await asyncio.sleep(2)  # the database counts a little later
            after, count = numbers(database), CLIENTS * TURNS
            print(
                f"{count:,} stored responses of {CLIENTS} clients: {count / passed:.0f} a second, "
                f"{1e3 * (spent(found.puna) - own) / count:.1f} ms of Puna's processor time each; the database: "
                f"{(after[0] - before[0]) / count:.1f} commits, {1e3 * (after[2] - before[2]) / count:.2f} ms of its "
                f"processor time, {(after[1] - before[1]) / count / 1000:.1f} kB each"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storing", description=__doc__)
    parser.add_argument("database", help="the URL of an empty database on this machine")
    asyncio.run(measure(parser.parse_args().database))
