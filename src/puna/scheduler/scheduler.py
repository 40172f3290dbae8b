"""Who gets which engine, and when."""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from puna.core.errors import EngineLost, MemoryTooSmall, PunaError, QueueFull, ShuttingDown, megabytes
from puna.core.footprint import UNLIMITED, Footprint, total
from puna.core.snapshot import Snapshot
from puna.engines.launch import Launch
from puna.scheduler.claim import Claim
from puna.scheduler.crashes import Crashes
from puna.scheduler.lease import Lease, Ticket
from puna.scheduler.queue import FairQueue
from puna.scheduler.resident import Resident

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the scheduler may use. `keep_alive` is in seconds, infinite for "never unload"."""

    memory: Footprint = UNLIMITED
    loaded: int | None = None
    queue: int = 512
    keep_alive: float = 300.0


class Scheduler:
    """Loads engines when they are first needed, unloads them when nobody needs them or others need the room.

    Everything happens in one event loop and between two awaits, so there is nothing to lock. Whatever changes calls
    `_dispatch`, which goes through the queue in its order and does all that is possible.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._residents: dict[Launch, Resident] = {}
        self._queue: FairQueue = FairQueue()
        self._crashes = Crashes()
        self._closing: dict[asyncio.Task[None], Footprint] = {}
        self._refusing = self._closed = False
        self._turn_over: asyncio.TimerHandle | None = None
        self.loads: Counter[str] = Counter()
        self.evictions: Counter[str] = Counter()
        self.losses: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """How many requests wait for an engine."""
        return len(self._queue)

    def waiting_for(self, launch: Launch) -> int | None:
        """How many requests wait for an engine that does the work of this launch; None where one more need not."""
        least: int | None = None
        for each in launch.alternatives():
            waiting = sum(ticket.launch == each for ticket in self._queue)
            if not waiting and (each not in self._residents or self._has_slot(each)):
                return None
            least = waiting if least is None else min(least, waiting)
        return least

    def snapshots(self) -> list[Snapshot]:
        """Every engine that is in memory or on its way there."""
        return [
            Snapshot(
                models=tuple(resident.models),
                capacity=resident.capacity,
                footprint=resident.launch.footprint,
                loading=resident.engine is None,
                leases=resident.leases,
                expires=resident.expires,
                keep_alive=resident.keep_alive,
                resident=resident.used_memory,
                sequences=resident.used_slots,
                waiting=sum(ticket.launch == launch for ticket in self._queue),
                pieces=resident.pieces,
                servers=resident.engine.servers if resident.engine else (),
            )
            for launch, resident in self._residents.items()
        ]

    @asynccontextmanager
    async def lease(
        self,
        launch: Launch,
        claim: Claim = Claim(),  # noqa: B008 - a frozen value
        *,
        model: str = "",
        client: str = "",
        keep_alive: float | None = None,
        again: Lease | None = None,
    ) -> AsyncIterator[Lease]:
        """An engine of that launch, loaded if need be, kept in memory while the context is open.

        `keep_alive` is how many seconds it stays afterwards, in place of the setting. `again` is the lease that the
        same request had on an engine that was lost: its place in the queue is kept.

        Raises:
            EngineFailed: the model could not be loaded. Everyone who waited for this loading gets it.
            Overloaded: too many wait already, or the server is shutting down; CrashLoop where engines of this
                launch crash again and again.
        """
        launch = self._least_busy(launch.alternatives())
        asked = time.monotonic()
        lease = await self._admitted(Ticket(launch, claim, model, client), again)
        lease.waited = time.monotonic() - asked
        resident = lease.resident
        resident.keep_alive = self._limits.keep_alive if keep_alive is None else keep_alive
        resident.stopping = False
        if model not in resident.models:
            resident.models.append(model)
        try:
            yield lease
        finally:
            self._end(lease)

    def stop(self, model: str) -> bool:
        """Unload that model's engines, those in use as soon as they are idle. Says whether there were any."""
        residents = [resident for resident in self._residents.values() if model in resident.models]
        for resident in residents:
            resident.stopping = True
            if resident.idle:
                self._unload(resident)
        return bool(residents)

    def refuse(self) -> None:
        """Give no lease to new requests any more; those that run or wait go on."""
        self._refusing = True

    async def close(self) -> None:
        """Unload everything; give no lease any more."""
        self._closed = True
        for ticket in self._queue:
            self._reject(ticket, ShuttingDown())
        for resident in list(self._residents.values()):
            self._unload(resident)
        if self._turn_over:
            self._turn_over.cancel()
        while self._closing:
            await asyncio.gather(*self._closing)

    async def _admitted(self, ticket: Ticket, again: Lease | None) -> Lease:
        self._check(ticket.launch, new=again is None)
        self._queue.add(ticket, turn=again.ticket.turn if again else None)
        self._dispatch()
        if again is None and not ticket.granted.done() and len(self._queue) > self._limits.queue:
            self._queue.remove(ticket)
            raise QueueFull(self._limits.queue)
        try:
            return await ticket.granted
        except asyncio.CancelledError:
            self._queue.remove(ticket)
            if ticket.granted.done() and not ticket.granted.cancelled() and not ticket.granted.exception():
                self._end(ticket.granted.result())
            else:
                self._dispatch()
            raise

    def _least_busy(self, alternatives: Sequence[Launch]) -> Launch:
        """Of engines that do the same work one in memory with a slot free; else one more, if it fits beside
        the others; else the one with the least to do."""
        if len(alternatives) == 1:
            return alternatives[0]
        here = [launch for launch in alternatives if launch in self._residents]
        best = min(here, key=self._burden, default=None)
        if best is not None and self._has_slot(best):
            return best
        room, places = self._room()
        more = next((launch for launch in alternatives if launch not in self._residents), None)
        if best is None or (more is not None and more.footprint.fits(room) and places > 0):
            return more or alternatives[0]
        return best

    def _burden(self, launch: Launch) -> int:
        """The slots of an engine that are in use or waited for."""
        used = self._residents[launch].used_slots
        return used + sum(ticket.share.slots for ticket in self._queue if ticket.launch == launch)

    def _has_slot(self, launch: Launch) -> bool:
        slots = self._residents[launch].capacity.slots
        return slots is None or self._burden(launch) < slots

    def _end(self, lease: Lease) -> None:
        lease.end()
        self._dispatch()
        self._retire(lease.resident)

    def _check(self, launch: Launch, *, new: bool) -> None:
        if self._closed or (new and self._refusing):
            raise ShuttingDown()
        if problem := self._crashes.problem(launch):
            raise problem
        if not launch.footprint.fits(self._limits.memory):
            raise too_large(launch.footprint, self._limits.memory)

    def _dispatch(self) -> None:
        """Give every waiting ticket what it can have now, in the queue's order. What is loaded for one leaves the
        memory for those before it that wait for room: else it would be unloaded for them as soon as it is there, and
        loaded again, without an end."""
        blocked: set[Launch] = set()
        claimed: set[Launch] = set()
        promised = Footprint()
        for ticket in self._queue:
            launch = ticket.launch
            if launch in blocked or ticket.granted.done():  # done: its client has just left
                continue
            resident = self._residents.get(launch)
            if resident is None:
                if not (launch.footprint + promised).fits(self._limits.memory) and not launch.footprint.takes_nothing:
                    blocked.add(launch)
                    continue
                self._make_room(ticket, claimed)
                if launch not in self._residents:
                    promised += launch.footprint
            elif launch not in claimed and resident.engine is not None and self._fits(ticket, resident):
                self._queue.serve(ticket)
                ticket.granted.set_result(Lease(resident, resident.engine, ticket))
                continue
            blocked.add(launch)

    @staticmethod
    def _fits(ticket: Ticket, resident: Resident) -> bool:
        """Whether the engine has room for what the ticket's claim comes to now."""
        ticket.share = ticket.claim.of(resident.capacity)
        return resident.has(ticket.share)

    def _make_room(self, ticket: Ticket, claimed: set[Launch]) -> None:
        """Load the ticket's launch if it fits beside the others; else see to it that enough of the others go.

        `claimed` are engines that get no new work, because they make room for someone already.
        """
        launch = ticket.launch
        room, places = self._room()
        if launch.footprint.takes_nothing or (launch.footprint.fits(room) and places > 0):
            self._load(launch, ticket.model)
            return
        coming = room + total(self._closing.values())
        places += counted(self._closing.values())
        victims: list[Resident] = []
        for resident in self._candidates(claimed):
            if launch.footprint.fits(coming) and places > 0:
                break
            victims.append(resident)
            coming += resident.launch.footprint
            places += 1
        if not launch.footprint.fits(coming) or places <= 0:
            self._dispatch_when_a_turn_ends()
            return
        for victim in victims:
            claimed.add(victim.launch)
            if victim.idle:
                self.evictions.update(victim.models)
                self._unload(victim)

    def _room(self) -> tuple[Footprint, float]:
        """The memory that is free, and how many more engines there may be."""
        footprints = [*(resident.launch.footprint for resident in self._residents.values()), *self._closing.values()]
        places = math.inf if self._limits.loaded is None else self._limits.loaded - counted(footprints)
        return self._limits.memory - total(footprints), places

    def _candidates(self, claimed: set[Launch]) -> list[Resident]:
        """The engines that may have to go, the first first: idle ones, least recently used first, then those that
        have had their turn, in the order in which they began it."""
        now = time.monotonic()
        there = [
            resident
            for resident in self._residents.values()
            if resident.launch not in claimed and not resident.takes_nothing
        ]
        idle = sorted((resident for resident in there if resident.idle), key=lambda resident: resident.used)
        busy = [resident for resident in there if not resident.idle and resident.turn_ends <= now]
        return idle + sorted(busy, key=lambda resident: resident.turn_ends)

    def _dispatch_when_a_turn_ends(self) -> None:
        if self._turn_over:
            self._turn_over.cancel()
            self._turn_over = None
        now = time.monotonic()
        ends = [
            resident.turn_ends - now for resident in self._residents.values() if now < resident.turn_ends < math.inf
        ]
        if ends:
            self._turn_over = asyncio.get_running_loop().call_later(min(ends), self._dispatch)

    def _load(self, launch: Launch, model: str) -> None:
        resident = Resident(launch, model, asyncio.create_task(launch.start()))
        self._residents[launch] = resident
        self.loads[model] += 1
        resident.keep_alive = self._limits.keep_alive
        resident.loading.add_done_callback(lambda _: self._loaded(resident))

    def _loaded(self, resident: Resident) -> None:
        """The engine serves, or could not be started."""
        if self._residents.get(resident.launch) is not resident:
            return
        error = None if resident.loading.cancelled() else resident.loading.exception()
        if error is None:
            engine = resident.loading.result()
            resident.ready(engine)
            _log.info("loaded %s in %.1f s (up to %s)", resident.models[0], resident.load_seconds, size_of(resident))
            engine.on_capacity(self._dispatch)
            resident.watching = asyncio.create_task(self._watch(resident))
        elif isinstance(error, EngineLost):
            self._lost(resident, error)
        else:
            self._unload(resident)
            self._reject_all(resident.launch, error)
        self._dispatch()
        self._retire(resident)

    async def _watch(self, resident: Resident) -> None:
        """Notice at once when the engine ends by itself."""
        assert resident.engine is not None
        error = await resident.engine.ended()
        if self._residents.get(resident.launch) is resident:
            self._lost(resident, error)
            self._dispatch()

    def _lost(self, resident: Resident, error: EngineLost) -> None:
        _log.warning("%s: %s", ", ".join(resident.models), error.message)
        self.losses.update(resident.models)
        self._crashes.record(resident.launch, error)
        self._unload(resident)
        if problem := self._crashes.problem(resident.launch):
            self._reject_all(resident.launch, problem)

    def _retire(self, resident: Resident) -> None:
        """Unload an idle engine after its keep-alive time, one that takes nothing only when it is to be stopped."""
        if not resident.idle or self._residents.get(resident.launch) is not resident:
            return
        resident.cancel_unloading()
        if resident.stopping or (resident.keep_alive <= 0 and not resident.takes_nothing):
            self._unload(resident)
        elif resident.keep_alive < math.inf and not resident.takes_nothing:
            loop = asyncio.get_running_loop()
            resident.unloading = loop.call_later(resident.keep_alive, self._unload, resident)

    def _unload(self, resident: Resident) -> None:
        """Take the engine out of the table at once; its memory is free when its process has ended."""
        if self._residents.get(resident.launch) is not resident:
            return
        del self._residents[resident.launch]
        resident.cancel_unloading()
        if resident.engine is not None:
            after = time.monotonic() - resident.started
            _log.info("unloaded %s after %.0f s (up to %s)", resident.models[0], after, size_of(resident))
        task = asyncio.create_task(resident.close(for_good=self._refusing or self._closed))
        self._closing[task] = resident.launch.footprint
        task.add_done_callback(self._unloaded)

    def _unloaded(self, task: asyncio.Task[None]) -> None:
        del self._closing[task]
        with suppress(asyncio.CancelledError):
            if error := task.exception():
                _log.error("an engine could not be ended", exc_info=error)
        self._dispatch()

    def _reject_all(self, launch: Launch, error: BaseException) -> None:
        for ticket in self._queue:
            if ticket.launch == launch:
                self._reject(ticket, error)

    def _reject(self, ticket: Ticket, error: BaseException) -> None:
        self._queue.remove(ticket)
        if not ticket.granted.done():
            ticket.granted.set_exception(error)


def counted(footprints: Iterable[Footprint]) -> int:
    """How many of these engines count among those in memory."""
    return sum(not footprint.takes_nothing for footprint in footprints)


def size_of(resident: Resident) -> str:
    """How much memory an engine may come to use, on all devices."""
    return megabytes(int(sum(resident.launch.footprint.devices.values())))


def too_large(footprint: Footprint, memory: Footprint) -> PunaError:
    """What needs more than there is."""
    return MemoryTooSmall(footprint.total, memory.total)
