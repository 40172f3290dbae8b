import asyncio
import math
from collections.abc import AsyncIterator

import pytest

from puna.core.capacity import Capacity
from puna.core.errors import CrashLoop, MemoryTooSmall, Overloaded, QueueFull
from puna.core.footprint import UNLIMITED, Footprint
from puna.observation.metrics import Metrics
from puna.scheduler import Claim, Limits, Scheduler, resident
from tests.scheduler.fakes import Factory, FakeLaunch

A, B, C = FakeLaunch("a"), FakeLaunch("b"), FakeLaunch("c")


@pytest.fixture
def factory() -> Factory:
    return Factory()


@pytest.fixture
async def two(factory: Factory) -> AsyncIterator[Scheduler]:
    """A scheduler with memory for two."""
    scheduler = Scheduler(Limits(memory=Footprint({"ram": 2}), queue=4))
    yield scheduler
    await scheduler.close()
    assert factory.loaded == []


@pytest.fixture
def no_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines have to make room as soon as they are asked to."""
    monkeypatch.setattr(resident, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(resident, "TURN_LOADS", 0.0)


async def settle() -> None:
    """Let everything that can go on now go on."""
    for _ in range(20):
        await asyncio.sleep(0)


class Holder:
    """One request: in the background, until it is told to end."""

    def __init__(
        self,
        scheduler: Scheduler,
        launch: FakeLaunch,
        claim: Claim = Claim(),  # noqa: B008 - a frozen value
        client: str = "",
    ) -> None:
        self.has = asyncio.Event()
        self._end = asyncio.Event()
        self.task = asyncio.create_task(self._run(scheduler, launch, claim, client))

    async def _run(self, scheduler: Scheduler, launch: FakeLaunch, claim: Claim, client: str) -> None:
        async with scheduler.lease(launch, claim, model=launch.name, client=client):
            self.has.set()
            await self._end.wait()

    async def end(self) -> None:
        self._end.set()
        await self.task


async def test_equal_launches_share_one_engine(two: Scheduler, factory: Factory) -> None:
    async with two.lease(A) as one, two.lease(FakeLaunch("a")) as other:
        assert one.engine is other.engine
    assert factory.loaded == ["a"]


async def test_idle_engines_go_least_recently_used_first(two: Scheduler, factory: Factory) -> None:
    for launch in (A, B, A, C):
        async with two.lease(launch):
            pass
    assert factory.loaded == ["a", "c"]


async def test_a_large_model_pushes_out_as_many_as_it_takes(two: Scheduler, factory: Factory) -> None:
    for launch in (A, B, FakeLaunch("large", memory=2)):
        async with two.lease(launch):
            pass
    assert factory.loaded == ["large"]


async def test_a_model_larger_than_the_memory_is_refused(two: Scheduler) -> None:
    with pytest.raises(MemoryTooSmall, match="needs about"):
        async with two.lease(FakeLaunch("huge", memory=3)):
            pass


async def test_the_number_of_engines_can_be_limited(factory: Factory) -> None:
    scheduler = Scheduler(Limits(loaded=1))
    for launch in (A, B):
        async with scheduler.lease(launch):
            pass
    assert factory.loaded == ["b"]
    await scheduler.close()


async def test_room_that_is_made_is_not_taken_by_who_comes_later(two: Scheduler, factory: Factory) -> None:
    """What took it was unloaded as soon as it was there, for the one who waited, and loaded again, without an end."""
    async with two.lease(A):
        pass
    first, second = Holder(two, FakeLaunch("large", memory=2)), Holder(two, A)
    await settle()
    assert first.has.is_set()
    assert not second.has.is_set()
    await first.end()
    await settle()
    assert second.has.is_set()
    await second.end()
    assert len(factory.started) == 3


async def test_who_waits_for_all_of_the_memory_gets_it(two: Scheduler, factory: Factory) -> None:
    busy = Holder(two, A)
    await settle()
    large, late = Holder(two, FakeLaunch("large", memory=2)), Holder(two, B)
    await settle()
    assert factory.loaded == ["a"]
    await busy.end()
    await settle()
    assert large.has.is_set()
    await large.end()
    await settle()
    assert late.has.is_set()
    await late.end()


@pytest.mark.usefixtures("no_turns")
async def test_busy_engines_are_waited_for(two: Scheduler, factory: Factory) -> None:
    a, b = Holder(two, A), Holder(two, B)
    await asyncio.gather(a.has.wait(), b.has.wait())
    c = Holder(two, C)
    await settle()
    assert not c.has.is_set()
    await a.end()
    await c.has.wait()
    assert factory.loaded == ["b", "c"]
    await asyncio.gather(b.end(), c.end())


@pytest.mark.usefixtures("no_turns")
async def test_an_engine_always_in_use_does_not_starve_another_model(two: Scheduler, factory: Factory) -> None:
    a, b = Holder(two, A), Holder(two, B)
    await asyncio.gather(a.has.wait(), b.has.wait())
    c = Holder(two, C, client="c")
    await settle()
    later = [Holder(two, A, client="later"), Holder(two, B, client="later")]  # both have room for one more
    await settle()
    assert not later[0].has.is_set()  # A is the one that has to go
    assert later[1].has.is_set()
    await a.end()
    await c.has.wait()
    await asyncio.gather(b.end(), c.end(), *(holder.end() for holder in later))


async def test_an_engine_keeps_its_turn(two: Scheduler) -> None:
    a, b = Holder(two, A), Holder(two, B)
    await asyncio.gather(a.has.wait(), b.has.wait())
    c = Holder(two, C)
    again = Holder(two, A)
    await again.has.wait()  # although C came first: A has only just been loaded
    assert not c.has.is_set()
    await asyncio.gather(a.end(), again.end(), b.end())
    await c.has.wait()
    await c.end()


async def test_clients_take_turns(two: Scheduler) -> None:
    running = [Holder(two, A, client="flood"), Holder(two, A, client="flood")]
    await asyncio.gather(*(holder.has.wait() for holder in running))
    flood = [Holder(two, A, client="flood") for _ in range(3)]
    await settle()
    single = Holder(two, A, client="single")
    await settle()
    await running[0].end()
    await single.has.wait()
    assert not any(holder.has.is_set() for holder in flood)
    for holder in (running[1], single, *flood):
        await holder.end()


async def test_no_more_requests_than_sequences(two: Scheduler) -> None:
    both = Holder(two, A, Claim(slots=2))
    await both.has.wait()
    third = Holder(two, A)
    await settle()
    assert not third.has.is_set()
    await both.end()
    await third.end()


async def test_no_more_tokens_than_the_cache_has(two: Scheduler) -> None:
    small = FakeLaunch("a", cache_tokens=120)
    async with two.lease(small, Claim(tokens=80)) as lease:
        assert lease.grow(30)
        assert not lease.grow(30)
        waiting = Holder(two, small, Claim(tokens=50))
        await settle()
        assert not waiting.has.is_set()
    await waiting.has.wait()
    await waiting.end()


async def test_a_full_queue_refuses(two: Scheduler) -> None:
    holders = [Holder(two, A) for _ in range(2)]
    await asyncio.gather(*(holder.has.wait() for holder in holders))
    holders += [Holder(two, A) for _ in range(4)]
    await settle()
    with pytest.raises(QueueFull, match="waiting already") as caught:
        async with two.lease(A):
            pass
    assert caught.value.retry_after > 0
    for holder in holders:
        await holder.end()


async def test_who_stops_waiting_leaves_the_queue_at_once(two: Scheduler) -> None:
    both = Holder(two, A, Claim(slots=2))
    await both.has.wait()
    waiting = Holder(two, A)
    await settle()
    assert two.waiting == 1
    waiting.task.cancel()
    await asyncio.gather(waiting.task, return_exceptions=True)
    assert two.waiting == 0
    await both.end()


async def test_who_leaves_as_his_turn_comes_gives_it_back(two: Scheduler) -> None:
    both = Holder(two, A, Claim(slots=2))
    await both.has.wait()
    waiting = Holder(two, A)
    await settle()
    both._end.set()
    waiting.task.cancel()
    await asyncio.gather(both.task, waiting.task, return_exceptions=True)
    async with two.lease(A, Claim(slots=2)):
        assert (two.waiting, [each.leases for each in two.snapshots()]) == (0, [1])


async def test_a_loading_others_wait_for_survives_one_who_leaves(two: Scheduler, factory: Factory) -> None:
    factory.slow.add("a")
    one, other = Holder(two, A), Holder(two, A)
    await settle()
    one.task.cancel()
    factory.go.set()
    await other.has.wait()
    assert len(factory.started) == 1
    await other.end()


async def test_what_can_not_be_loaded_is_told_to_all_who_wait(two: Scheduler, factory: Factory) -> None:
    factory.broken.add("a")
    holders = [Holder(two, A) for _ in range(3)]
    results = await asyncio.gather(*(holder.task for holder in holders), return_exceptions=True)
    assert [str(result) for result in results] == ["a can't be loaded"] * 3
    factory.broken.clear()
    async with two.lease(A):
        pass


async def test_a_crashed_engine_is_replaced(two: Scheduler, factory: Factory) -> None:
    async with two.lease(A, model="a") as lease:
        factory.started[0].crash()
        await settle()
        assert factory.loaded == []
        async with two.lease(A, again=lease) as other:
            assert other.engine is not lease.engine
    assert two.losses == {"a": 1}


async def test_a_model_that_crashes_again_and_again_is_set_aside(two: Scheduler, factory: Factory) -> None:
    for _ in range(3):
        async with two.lease(A):
            pass
        factory.started[-1].crash()
        await settle()
    with pytest.raises(CrashLoop, match="it crashed") as caught:
        async with two.lease(A):
            pass
    assert 0 < caught.value.retry_after <= 60
    async with two.lease(B):
        pass


async def test_what_is_killed_from_outside_is_not_set_aside(two: Scheduler, factory: Factory) -> None:
    for _ in range(5):
        async with two.lease(A):
            pass
        factory.started[-1].crash(own_fault=False)
        await settle()
    async with two.lease(A) as lease:
        assert lease.engine is factory.started[-1]
    assert len(factory.started) == 6


async def test_memory_is_measured_for_who_asks_and_not_for_metrics(factory: Factory) -> None:
    """It takes a look at every process of the machine, which made `/metrics` hold the event loop up."""
    scheduler = Scheduler(Limits())
    async with scheduler.lease(A):
        assert b"puna_active_requests" in await Metrics(scheduler).render()
        [engine] = factory.started
        assert engine.measured == 0
        [snapshot] = scheduler.snapshots()
        assert (snapshot.resident(), engine.measured) == (4096, 1)
    await scheduler.close()


async def test_keep_alive_of_a_request(factory: Factory) -> None:
    scheduler = Scheduler(Limits(keep_alive=math.inf))
    async with scheduler.lease(A, keep_alive=0):
        pass
    await settle()
    assert factory.loaded == []
    async with scheduler.lease(A, keep_alive=60):
        [during] = scheduler.snapshots()
        assert (during.leases, during.expires) == (1, None)
    [after] = scheduler.snapshots()
    assert after.leases == 0
    assert after.expires is not None
    async with scheduler.lease(A):
        pass
    [for_ever] = scheduler.snapshots()
    assert for_ever.expires is None
    await scheduler.close()


async def test_an_engine_others_wait_for_is_not_unloaded(factory: Factory) -> None:
    scheduler = Scheduler(Limits(keep_alive=0))
    holders = [Holder(scheduler, A) for _ in range(6)]
    for holder in holders:
        await holder.end()
    assert len(factory.started) == 1
    await scheduler.close()


async def test_stop(two: Scheduler, factory: Factory) -> None:
    busy = Holder(two, A)
    async with two.lease(B, model="b"):
        pass
    await busy.has.wait()
    assert two.stop("a")
    assert two.stop("b")
    assert not two.stop("c")
    await settle()
    assert factory.loaded == ["a"]
    await busy.end()
    await settle()
    assert factory.loaded == []


async def test_a_closed_scheduler_refuses(factory: Factory) -> None:
    scheduler = Scheduler(Limits(memory=Footprint({"ram": 1})))
    running, waiting = Holder(scheduler, A), Holder(scheduler, B)
    await running.has.wait()
    scheduler.refuse()
    with pytest.raises(Overloaded, match="shutting down"):
        async with scheduler.lease(A):
            pass
    await scheduler.close()
    with pytest.raises(Overloaded, match="shutting down"):
        await waiting.task
    await running.end()
    assert factory.loaded == []


TWICE = FakeLaunch("twice", replicas=2)


async def test_a_replica_is_started_when_all_sequences_are_in_use(two: Scheduler, factory: Factory) -> None:
    holders = [Holder(two, TWICE) for _ in range(2)]
    await asyncio.gather(*(holder.has.wait() for holder in holders))
    assert len(factory.loaded) == 1
    holders += [Holder(two, TWICE) for _ in range(2)]
    await asyncio.gather(*(holder.has.wait() for holder in holders))
    assert [engine.launch.replica for engine in factory.started] == [0, 1]
    waiting = Holder(two, TWICE)
    await settle()
    assert not waiting.has.is_set()
    await asyncio.gather(*(holder.end() for holder in holders))
    await waiting.has.wait()
    await waiting.end()


async def test_requests_that_come_at_once_are_shared_out_before_anything_is_loaded(
    two: Scheduler, factory: Factory
) -> None:
    holders = [Holder(two, TWICE) for _ in range(4)]
    await asyncio.gather(*(holder.has.wait() for holder in holders))
    assert factory.loaded == ["twice", "twice"]
    await asyncio.gather(*(holder.end() for holder in holders))


async def test_a_replica_pushes_nothing_out(two: Scheduler, factory: Factory) -> None:
    a, holders = Holder(two, A), [Holder(two, TWICE) for _ in range(2)]
    await asyncio.gather(a.has.wait(), *(holder.has.wait() for holder in holders))
    waiting = Holder(two, TWICE)
    await a.end()
    await settle()
    assert factory.loaded == ["a", "twice"]
    assert not waiting.has.is_set()
    await holders[0].end()
    await waiting.has.wait()
    await asyncio.gather(holders[1].end(), waiting.end())


NOTHING = FakeLaunch("remote", memory=0)


async def test_what_takes_nothing_is_not_counted_and_pushes_nothing_out(factory: Factory) -> None:
    scheduler = Scheduler(Limits(memory=Footprint({"ram": 1}), loaded=1))
    async with scheduler.lease(A), scheduler.lease(NOTHING), scheduler.lease(FakeLaunch("another", memory=0)):
        assert factory.loaded == ["a", "another", "remote"]
    async with scheduler.lease(B):
        assert factory.loaded == ["another", "b", "remote"]
    await scheduler.close()


async def test_what_takes_nothing_is_never_timed_out_but_can_be_stopped(factory: Factory) -> None:
    scheduler = Scheduler(Limits(keep_alive=0.001))
    async with scheduler.lease(NOTHING, model="remote"), scheduler.lease(A):
        pass
    [one, other] = sorted(scheduler.snapshots(), key=lambda snapshot: snapshot.footprint.total)
    assert one.expires is None
    assert other.expires is not None
    assert scheduler.stop("remote")
    await settle()
    assert "remote" not in factory.loaded
    await scheduler.close()


async def test_who_waits_is_served_when_an_engines_capacity_grows(two: Scheduler, factory: Factory) -> None:
    holders = [Holder(two, A) for _ in range(3)]
    await asyncio.gather(holders[0].has.wait(), holders[1].has.wait())
    await settle()
    assert not holders[2].has.is_set()
    factory.started[0].become(Capacity(slots=3, context_length=100))
    await holders[2].has.wait()
    await asyncio.gather(*(holder.end() for holder in holders))


async def test_a_claim_never_waits_for_more_than_a_shrunk_engine_has(two: Scheduler, factory: Factory) -> None:
    one = Holder(two, A)
    await one.has.wait()
    wide = Holder(two, A, Claim(slots=2))
    factory.started[0].become(Capacity(slots=1, context_length=100, tokens=50))
    await one.end()
    await wide.has.wait()
    await wide.end()


async def test_an_engine_without_slots_takes_as_many_as_come(two: Scheduler) -> None:
    remote = FakeLaunch("remote", memory=0, slots=None, cache_tokens=None)
    holders = [Holder(two, remote)]
    await holders[0].has.wait()
    holders += [Holder(two, remote) for _ in range(20)]
    await asyncio.gather(*(holder.has.wait() for holder in holders))
    await asyncio.gather(*(holder.end() for holder in holders))


async def test_engines_on_two_gpus_fit_only_where_each_gpu_has_room() -> None:
    limit = Footprint({"ram": 10, "gpu0": 4, "gpu1": 4})
    assert Footprint({"gpu0": 4, "gpu1": 3}).fits(limit)
    assert not Footprint({"gpu0": 5}).fits(limit)
    left = limit - Footprint({"gpu0": 3})
    assert not Footprint({"gpu0": 2}).fits(left)
    assert Footprint({"gpu1": 4}).fits(left)
    assert not Footprint({"gpu2": 1}).fits(left)
    assert Footprint({"gpu2": 1}).fits(UNLIMITED)
