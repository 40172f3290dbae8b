import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from puna.core.errors import EngineFailed, Overloaded
from puna.scheduler import Limits, Scheduler
from tests.stored_models import micro_launch, write_micro_model


@pytest.fixture
async def scheduler() -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(Limits(keep_alive=300))
    yield scheduler
    await scheduler.close()


async def test_all_who_wait_share_one_loading(scheduler: Scheduler, micro: Path) -> None:
    async def lease() -> object:
        async with scheduler.lease(micro_launch(micro)) as lease:
            return lease.engine

    engines = await asyncio.gather(*(lease() for _ in range(10)))
    assert len(set(map(id, engines))) == 1
    assert scheduler.loads.total() == 1


async def test_a_second_lease_finds_the_engine_loaded(scheduler: Scheduler, micro: Path) -> None:
    for _ in range(2):
        async with scheduler.lease(micro_launch(micro)) as lease:
            assert lease.engine.alive
    assert scheduler.loads.total() == 1


async def test_another_launch_gets_an_engine_of_its_own(scheduler: Scheduler, micro: Path) -> None:
    async with scheduler.lease(micro_launch(micro)) as one, scheduler.lease(micro_launch(micro, context=512)) as two:
        assert one.engine is not two.engine
        assert (one.engine.capacity.context_length, two.engine.capacity.context_length) == (2048, 512)


async def test_an_engine_is_unloaded_after_its_last_lease(micro: Path) -> None:
    scheduler = Scheduler(Limits(keep_alive=0))
    async with scheduler.lease(micro_launch(micro)), scheduler.lease(micro_launch(micro)) as lease:
        engine = lease.engine
    while engine.alive:  # noqa: ASYNC110 - the process ends when it ends
        await asyncio.sleep(0)
    async with scheduler.lease(micro_launch(micro)) as another:
        assert another.engine.alive
        assert another.engine is not engine
    await scheduler.close()


async def test_a_model_that_cannot_be_loaded_fails_everyone_who_waits_and_is_tried_again(
    scheduler: Scheduler, tmp_path: Path
) -> None:
    weights = tmp_path / "late.gguf"
    weights.write_bytes(b"GGUF")

    async def lease() -> None:
        async with scheduler.lease(micro_launch(weights)):
            pass

    results = await asyncio.gather(lease(), lease(), return_exceptions=True)
    assert [type(result) for result in results] == [EngineFailed, EngineFailed]
    write_micro_model(weights)
    await lease()


async def test_one_who_stops_waiting_does_not_end_the_loading(scheduler: Scheduler, micro: Path) -> None:
    async def lease() -> bool:
        async with scheduler.lease(micro_launch(micro)) as lease:
            return lease.engine.alive

    impatient, patient = asyncio.create_task(lease()), asyncio.create_task(lease())
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient
    assert scheduler.loads.total() == 1


async def test_a_dead_engine_is_replaced(scheduler: Scheduler, micro: Path) -> None:
    async with scheduler.lease(micro_launch(micro)) as lease:
        await lease.engine.close()
    async with scheduler.lease(micro_launch(micro)) as another:
        assert another.engine.alive
    assert scheduler.loads.total() == 2


async def test_a_closed_scheduler_leaves_no_engine_and_gives_no_lease(micro: Path) -> None:
    scheduler = Scheduler(Limits(keep_alive=300))
    async with scheduler.lease(micro_launch(micro)) as lease:
        engine = lease.engine
    await scheduler.close()
    assert not engine.alive
    with pytest.raises(Overloaded):
        async with scheduler.lease(micro_launch(micro)):
            pass
