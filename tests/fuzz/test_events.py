"""Server-sent events: what is written is what is read, wherever the network cuts it."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from puna.http import sse
from tests.engines.process.test_client import engine

TEXTS = st.text() | st.sampled_from(["data: {}\n\n", "\n\n", "data: [DONE]", "\r\n\r\n", ": x\n\n", "\u2028"])
VALUES = TEXTS | st.integers(-(2**63), 2**63 - 1) | st.lists(TEXTS) | st.dictionaries(TEXTS, TEXTS)
EVENTS = st.dictionaries(TEXTS, VALUES).filter(lambda event: "error" not in event)


@given(st.data())
def test_what_is_written_is_read(data: st.DataObject) -> None:
    events = data.draw(st.lists(EVENTS, min_size=1))
    between = st.sampled_from([b"", sse.KEEP_ALIVE, b"event: ping\n\n", b"\n\n"])
    content = b"".join(data.draw(between) + sse.event(event) for event in events) + sse.DONE
    cuts = data.draw(st.lists(st.integers(0, len(content))))

    async def read() -> list[Any]:
        async with engine(200, content, cuts=cuts) as (client, _):
            return [event async for event in client.stream("/completion", {})]

    assert asyncio.run(read()) == events
