from puna.scheduler.claim import Claim
from puna.scheduler.lease import Ticket
from puna.scheduler.queue import FairQueue
from tests.scheduler.fakes import FakeLaunch

A = FakeLaunch("a", slots=8)


def ticket(client: str, slots: int = 1) -> Ticket:
    return Ticket(A, Claim(slots), "a", client)


def order(queue: FairQueue) -> list[str]:
    return [waiting.client for waiting in queue]


async def test_one_client_is_served_in_its_own_order() -> None:
    queue: FairQueue = FairQueue()
    tickets = [ticket("a") for _ in range(3)]
    for waiting in tickets:
        queue.add(waiting)
    assert list(queue) == tickets


async def test_clients_alternate() -> None:
    queue: FairQueue = FairQueue()
    for client in "aaaabbc":
        queue.add(ticket(client))
    assert order(queue) == list("abcabaa")


async def test_a_wide_request_counts_for_what_it_takes() -> None:
    queue: FairQueue = FairQueue()
    for client, slots in (("a", 3), ("a", 1), ("b", 1), ("b", 1), ("b", 1), ("b", 1)):
        queue.add(ticket(client, slots))
    assert order(queue) == list("abbbab")


async def test_who_was_idle_has_not_saved_turns_up() -> None:
    queue: FairQueue = FairQueue()
    for _ in range(5):
        busy = ticket("busy")
        queue.add(busy)
        queue.serve(busy)
    for client in ("busy", "idle", "idle", "idle", "busy"):
        queue.add(ticket(client))
    assert order(queue) == ["idle", "busy", "idle", "idle", "busy"]


async def test_ever_new_clients_do_not_starve_one_who_has_been_served() -> None:
    queue: FairQueue = FairQueue()
    for _ in range(3):
        queue.add(ticket("old"))
    served = 0
    while "old" in order(queue):
        served += 1
        queue.add(ticket(f"new {served}"))
        queue.serve(next(iter(queue)))
        assert served < 20


async def test_a_request_that_comes_again_keeps_its_turn() -> None:
    queue: FairQueue = FairQueue()
    first = ticket("a")
    queue.add(first)
    queue.serve(first)
    queue.add(ticket("b"))
    queue.add(ticket("a"), turn=first.turn)
    assert order(queue) == ["a", "b"]


async def test_clients_that_are_gone_are_forgotten() -> None:
    queue: FairQueue = FairQueue()
    for number in range(1000):
        single = ticket(str(number))
        queue.add(single)
        queue.serve(single)
    assert len(queue._ends) < 200
