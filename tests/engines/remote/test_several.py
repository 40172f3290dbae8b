"""Several servers of one model: what one does not begin another does, and what one breaks off another continues."""

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import openai
import pytest

from puna.core.messages import Message, Text
from puna.core.remote import Address, Timeouts
from puna.core.requests import ChatRequest
from puna.engines.remote.balancer import Balancer, beginning
from puna.engines.remote.upstream import Upstream
from tests.engines.remote.front import Front, front_server
from tests.engines.remote.stub import CUT, Stub, chat_chunks, chunk, stub_server

PATH = "/v1/chat/completions"
ASKED: list[Any] = [{"role": "user", "content": "hi"}]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A Puna that does not wait long, and looks after servers often."""
    home = tmp_path_factory.mktemp("front")
    with front_server(home, upstream_timeout=2, connect_timeout=2, check_interval=0.5) as server:
        yield server


@pytest.fixture
def stubs() -> Iterator[list[Stub]]:
    """Two servers of one kind."""
    with ExitStack() as stack:
        yield [stack.enter_context(stub_server()) for _ in range(2)]


def made(front: Front, name: str, stubs: list[Stub], owner: str = "vllm") -> str:
    """A model of these servers."""
    for stub in stubs:
        stub.owned_by(owner)
    return front.make(name, "\n".join(f"FROM {stub.url} m" for stub in stubs))


def said(answer: Any) -> str:
    """The text of a stream."""
    return "".join(each.choices[0].delta.content or "" for each in answer if each.choices)


@pytest.mark.parametrize("status", [429, 500, 503, 401, 404])
def test_what_one_server_refuses_another_does(status: int, front: Front, stubs: list[Stub]) -> None:
    name = made(front, f"refused-{status}", stubs)
    stubs[0].tell(PATH, {"error": {"message": "no"}}, status)
    stubs[1].say("Hello")
    for number in range(6):
        answer = front.client().chat.completions.create(
            model=name, messages=[{"role": "user", "content": f"hi {number}"}]
        )
        assert answer.choices[0].message.content == "Hello"
    assert len(stubs[1].bodies) == 6


def test_what_no_server_takes_now_may_be_tried_later(front: Front, stubs: list[Stub]) -> None:
    name = made(front, "busy", stubs)
    stubs[0].tell(PATH, {"error": {"message": "slow down"}}, 429, Retry_After="20")
    stubs[1].tell(PATH, {"error": {"message": "slow down"}}, 429, Retry_After="7")
    answer = front.post(PATH, model=name, messages=ASKED)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "7"


def test_a_stream_that_breaks_off_is_continued_by_the_other_server(front: Front, stubs: list[Stub]) -> None:
    stubs[1].answers = stubs[0].answers  # whichever is asked first breaks off
    stubs[0].stream(*chat_chunks("One ", "two ", usage=None)[:3], CUT)
    stubs[0].stream(*chat_chunks("three", usage=(7, 1)))
    name = made(front, "continued", stubs)
    answer = front.client().chat.completions.create(
        model=name, messages=ASKED, stream=True, max_tokens=20, stream_options={"include_usage": True}
    )
    pieces = list(answer)
    assert said(pieces) == "One two three"
    usage = pieces[-1].usage
    assert usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (5, 3)
    [first], [second] = sorted((stub.bodies for stub in stubs), key=lambda bodies: len(bodies[0]["messages"]))
    assert first["messages"] == ASKED
    assert second["messages"][-1] == {"role": "assistant", "content": "One two "}
    assert second["continue_final_message"] is True
    assert second["max_tokens"] == 18


def test_a_continuation_that_says_the_same_again_is_whole(front: Front, stubs: list[Stub]) -> None:
    stubs[1].answers = stubs[0].answers
    stubs[0].stream(*chat_chunks("ha ", "ha ", usage=None)[:3], CUT)
    stubs[0].stream(*chat_chunks("ha ", "ha ", "ha", usage=(7, 3)))
    name = made(front, "again", stubs)
    assert said(front.client().chat.completions.create(model=name, messages=ASKED, stream=True)) == "ha ha ha ha ha"


def test_a_stream_that_no_server_can_continue_ends_with_an_error(front: Front, stubs: list[Stub]) -> None:
    name = made(front, "broken", stubs, owner="somebody")
    for stub in stubs:
        stub.stream(*chat_chunks("One ", usage=None)[:2], CUT)
    answer = front.client().chat.completions.create(model=name, messages=ASKED, stream=True)
    with pytest.raises(openai.APIError, match="can't be continued"):
        list(answer)


def test_calls_that_break_off_end_with_an_error(front: Front, stubs: list[Stub]) -> None:
    name = made(front, "calls", stubs)
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":'}}
    for stub in stubs:
        stub.stream(chunk({"tool_calls": [call]}), CUT)
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    answer = front.client().chat.completions.create(model=name, messages=ASKED, tools=[tool], stream=True)
    with pytest.raises(openai.APIError, match="can't be reached"):
        list(answer)


def test_a_conversation_stays_with_its_server(front: Front, stubs: list[Stub]) -> None:
    name = made(front, "sticky", stubs)
    for stub in stubs:
        stub.say("Hello")
    homes = Counter[int]()
    for number in range(12):
        turns: list[Any] = [{"role": "user", "content": f"conversation {number}"}]
        for _ in range(3):
            front.client().chat.completions.create(model=name, messages=turns)
            turns += [{"role": "assistant", "content": "Hello"}, {"role": "user", "content": "more"}]
        seen = [
            place
            for place, stub in enumerate(stubs)
            for body in stub.bodies
            if body["messages"][0]["content"] == f"conversation {number}"
        ]
        assert len(seen) == 3
        assert len(set(seen)) == 1
        homes[seen[0]] += 1
    assert set(homes) == {0, 1}


def test_one_that_is_down_is_shown_and_found_again(front: Front, stubs: list[Stub]) -> None:
    name = made(front, "down", stubs)
    stubs[0].say("Hello")
    stubs[1].answers["/v1/models"].clear()
    stubs[1].tell("/v1/models", {"error": {"message": "loading"}}, 500)
    front.client().chat.completions.create(model=name, messages=ASKED)

    def states() -> list[dict[str, Any]]:
        with front.http() as http:
            rows = http.get("/api/ps").json()["models"]
        return next(row["servers"] for row in rows if row["name"] == f"{name}:latest")

    assert [state["up"] for state in states()] == [True, False]
    assert "status 500" in states()[1]["problem"]
    stubs[1].answers["/v1/models"].clear()
    stubs[1].owned_by("vllm")
    while not states()[1]["up"]:
        pass
    with front.http() as http:
        metrics = http.get("/metrics").text
    assert f'puna_upstream_up{{model="{name}:latest",upstream="{stubs[1].url}"}} 1.0' in metrics
    assert f'puna_upstream_requests_total{{model="{name}:latest",upstream="{stubs[0].url}"}} 1.0' in metrics


def test_a_server_that_says_nothing_is_given_up(front: Front) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        front.make("mute", f"FROM http://127.0.0.1:{mute.getsockname()[1]}/v1 m")
        answer = front.post(PATH, model="mute", messages=ASKED)
    assert answer.status_code == 502
    assert "sent nothing for 2 seconds" in answer.json()["error"]["message"]


def test_a_server_that_takes_no_connection(front: Front) -> None:
    with socket.socket() as full, ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):  # nobody takes these, and no more fit into the queue
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        front.make("full", f"FROM http://127.0.0.1:{full.getsockname()[1]}/v1 m")
        answer = front.post(PATH, model="full", messages=ASKED)
    assert answer.status_code == 502
    assert "no connection within 2 seconds" in answer.json()["error"]["message"]


def upstreams(*weights: float) -> list[Upstream]:
    """Servers that nobody asks."""
    return [
        Upstream(Address(url=f"https://s{place}.example/v1", model="m", weight=weight), Timeouts())
        for place, weight in enumerate(weights)
    ]


def talk(text: str) -> bytes:
    return beginning(ChatRequest(messages=(Message(role="user", content=(Text(text),)),)))


async def test_conversations_are_spread_by_weight() -> None:
    servers = upstreams(1, 3)
    balancer = Balancer(servers)
    chosen = Counter(balancer.choose(talk(f"conversation {number}")) for number in range(400))
    assert 2.2 < chosen[servers[1]] / chosen[servers[0]] < 4


async def test_a_server_with_much_more_to_do_than_others_gets_no_conversation() -> None:
    servers = upstreams(1, 1, 1)
    balancer = Balancer(servers)
    home = balancer.choose(talk("a"))
    assert home
    home.active = 8
    other = balancer.choose(talk("a"))
    assert other is not home
    for server in servers:
        server.active = 8
    assert balancer.choose(talk("a")) is home


async def test_what_is_no_conversation_goes_to_the_least_busy() -> None:
    servers = upstreams(1, 1, 4)
    balancer = Balancer(servers)
    for server, active in zip(servers, (2, 1, 5), strict=True):
        server.active = active
    assert balancer.choose(None) is servers[2]
    servers[2].active = 9
    assert balancer.choose(None) is servers[1]
    assert balancer.choose(None, [servers[1]]) is servers[2]


async def test_a_conversation_has_the_same_home_in_every_puna() -> None:
    one, other = Balancer(upstreams(1, 1, 1)), Balancer(list(reversed(upstreams(1, 1, 1))))
    for number in range(20):
        first, second = one.choose(talk(f"{number}")), other.choose(talk(f"{number}"))
        assert first
        assert second
        assert first.address == second.address


async def test_the_servers_instructions_belong_to_a_conversation() -> None:
    asked = ChatRequest(messages=(Message(role="system", content=(Text("x" * 50),)), Message(role="user")))
    longer = replace(asked, messages=(*asked.messages, Message(role="assistant"), Message(role="user")))
    assert beginning(asked) == beginning(longer)
    assert beginning(asked) != beginning(replace(asked, messages=asked.messages[1:]))
