import os

import pytest

from puna.core.errors import Overloaded
from puna.structured import workers as workers_module
from puna.structured.workers import TookTooLong, Workers


async def test_a_worker_does_one_thing_after_the_other() -> None:
    workers = Workers()
    assert await workers.run("os.path:join", "a", "b", seconds=30) == "a/b"
    first = await workers.run("os:getpid", seconds=30)
    assert await workers.run("os:getpid", seconds=30) == first


async def test_ctrl_c_in_a_terminal_does_not_reach_a_worker() -> None:
    session = await Workers().run("os:getsid", 0, seconds=30)
    assert session != os.getsid(0)


async def test_what_takes_too_long_is_ended_and_the_next_is_done() -> None:
    workers = Workers()
    with pytest.raises(TookTooLong):
        await workers.run("math:factorial", 10**8, seconds=0.2)
    assert await workers.run("operator:add", 1, 2, seconds=30) == 3


async def test_what_got_no_processor_time_is_not_said_to_have_taken_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers_module, "LEAST_PATIENCE", 0.1)
    workers = Workers()
    with pytest.raises(Overloaded, match="too busy"):
        await workers.run("time:sleep", 600, seconds=0.05)
    assert await workers.run("operator:add", 1, 2, seconds=30) == 3


async def test_what_takes_too_much_memory_is_ended() -> None:
    with pytest.raises(TookTooLong):
        await Workers().run("operator:mul", b"x" * 2**20, 2**20, seconds=60)


async def test_a_defect_is_not_swallowed() -> None:
    workers = Workers()
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        await workers.run("operator:truediv", 1, 0, seconds=30)
    assert await workers.run("operator:add", 1, 2, seconds=30) == 3
