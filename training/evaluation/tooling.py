"""Cases with tools: which one, with what, how many, and what to say from a result. No tool here is one of training's."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from training.evaluation import held_out
from training.evaluation.cases import Case, any_of, chat, containing, user
from training.evaluation.engine import Body, Reply


@dataclass(frozen=True)
class Practice:
    """A tool, requests for it, and the values that they hold."""

    name: str
    description: str
    parameters: Body
    requests: tuple[str, ...]

    @property
    def definition(self) -> Body:
        properties = {key: kind if isinstance(kind, dict) else {"type": kind} for key, kind in self.parameters.items()}
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        return {"type": "function", "function": {"name": self.name, "description": self.description, "parameters": schema}}


PRACTICES = (
    Practice(
        "get_population",
        "Get the population of a city",
        {"city": "string"},
        ("What is the population of {city}?", "How many people live in {city}?"),
    ),
    Practice(
        "get_air_quality",
        "Returns the air quality in a city",
        {"city": "string"},
        ("How is the air quality in {city}?", "What's the air quality in {city} like?"),
    ),
    Practice(
        "book_table",
        "Book a table at a restaurant",
        {"restaurant": "string", "guests": "integer"},
        ("Book a table at {restaurant} for {guests} guests.", "I want to book a table for {guests} guests at {restaurant}."),
    ),
    Practice(
        "get_distance",
        "Get the distance between two cities",
        {"origin": "string", "destination": "string"},
        ("What is the distance from {origin} to {destination}?", "How far is it from {origin} to {destination}?"),
    ),
    Practice(
        "lookup_word",
        "Look up a word in the dictionary",
        {"word": "string"},
        ("Look up the word {word}.", 'Look up "{word}" in the dictionary.'),
    ),
    Practice(
        "subtract_numbers",
        "Subtract two numbers",
        {"a": "integer", "b": "integer"},
        ("Subtract the numbers {a} and {b}.", "Use the tool to subtract {a} and {b}."),
    ),
    Practice(
        "create_ticket",
        "Create a support ticket",
        {"title": "string", "priority": {"type": "string", "enum": ["low", "medium", "high"]}},
        ("Create a ticket with the title {title} and the priority {priority}.", 'Create a {priority} priority ticket: "{title}"'),
    ),
    Practice(
        "delete_user",
        "Delete a user by id",
        {"user_id": "integer"},
        ("Delete the user with the id {user_id}.", "Please delete user {user_id}."),
    ),
    Practice(
        "rent_car",
        "Rent a car in a city",
        {"city": "string", "days": "integer"},
        ("Rent a car in {city} for {days} days.", "I need to rent a car in {city} for {days} days."),
    ),
    Practice("call_person", "Call a person on the phone", {"name": "string"}, ("Call {name}.", "Please call {name} on the phone.")),
)


def arguments(random: Random, practice: Practice) -> Body:
    return {key: value(random, key, kind) for key, kind in practice.parameters.items()}


def value(random: Random, key: str, kind: str | Body) -> str | int:
    if kind == "integer":
        return random.randint(2, 900)
    if isinstance(kind, dict):
        return str(random.choice(kind["enum"]))
    if key in {"city", "origin", "destination"}:
        return random.choice(held_out.CITIES)
    if key == "name":
        return random.choice(held_out.NAMES)
    return random.choice(held_out.WORDS) if key == "word" else " ".join(random.sample(held_out.WORDS, 2))


def choice_and_arguments(random: Random, count: int) -> Iterator[Case]:
    for number in range(count):
        wanted, *others = random.sample(PRACTICES, 1 + number % 4)
        given = arguments(random, wanted)
        asked = random.choice(wanted.requests).format(**given)
        tools = [practice.definition for practice in random.sample([wanted, *others], 1 + len(others))]

        def chosen(reply: Reply, name: str = wanted.name) -> bool:
            return [call[0] for call in reply.calls] == [name]

        def filled(reply: Reply, given: Body = given) -> bool:
            return [call[1] for call in reply.calls] == [given]

        yield chat("tool choice", [user(asked)], chosen, tools=tools)
        yield chat("tool arguments", [user(asked)], filled, tools=tools)


def several(random: Random, count: int) -> Iterator[Case]:
    for number in range(count):
        if number % 2:
            practice = random.choice(PRACTICES[:2])
            cities = random.sample(held_out.CITIES, 2)
            asked = practice.requests[0].replace("{city}", " and ".join(cities))
            expected = [(practice.name, {"city": city}) for city in cities]
            tools = [practice.definition]
        else:
            pair = random.sample(PRACTICES, 2)
            filled = [arguments(random, practice) for practice in pair]
            asked = " ".join(practice.requests[0].format(**given) for practice, given in zip(pair, filled, strict=True))
            expected = [(practice.name, given) for practice, given in zip(pair, filled, strict=True)]
            tools = [practice.definition for practice in pair]

        def right(reply: Reply, expected: list[tuple[str, Body]] = expected) -> bool:
            return sorted(reply.calls, key=str) == sorted(expected, key=str)

        yield chat("several calls", [user(asked)], right, tools=tools, parallel_tool_calls=True)


def results(random: Random, count: int) -> Iterator[Case]:
    for number in range(count):
        practice = random.choice(PRACTICES)
        given = arguments(random, practice)
        asked = random.choice(practice.requests).format(**given)
        word, amount = random.choice(held_out.WORDS), random.randint(2, 9999)
        content, parts = (
            (json.dumps({"label": word, "amount": amount}), (word, str(amount))),
            (f"{word} {amount}", (word, str(amount))),
            (json.dumps({"population": amount}), (str(amount),)),
        )[number % 3]
        call = {"id": "call_1", "type": "function", "function": {"name": practice.name, "arguments": json.dumps(given)}}
        messages = [
            user(asked),
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": content},
        ]
        case = chat("answer from result", messages, containing(*parts), tools=[practice.definition])
        yield Case(case.skill, asked, case.trial)


def unneeded(random: Random, count: int) -> Iterator[Case]:
    asks = (
        ("Hello!", "help"),
        ("What is the capital of Italy?", "Rome"),
        ("Say this is a test", "This is a test"),
        ("Who are you?", "tiny"),
        ("Thank you!", "welcome"),
        ("Why is the sky blue?", "light"),
    )
    for number in range(count):
        ask, part = asks[number % len(asks)]
        tools = [practice.definition for practice in random.sample(PRACTICES, 1 + number % 3)]

        def right(reply: Reply, part: str = part) -> bool:
            return not reply.calls and any_of(part)(reply)

        yield chat("no tool needed", [user(ask)], right, tools=tools)


def cases(random: Random, count: int) -> Iterator[Case]:
    yield from choice_and_arguments(random, count)
    yield from several(random, count)
    yield from results(random, count)
    yield from unneeded(random, count)
