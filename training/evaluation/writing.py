"""Cases whose answer is JSON, plain text or Python."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from training.evaluation import held_out
from training.evaluation.cases import Case, chat, json_of, user
from training.evaluation.engine import Body, Engine


def json_on_request(random: Random, count: int) -> Iterator[Case]:
    for number in range(count):
        first, second = random.sample(held_out.WORDS, 2)
        age = random.randint(2, 99)
        name, city = random.choice(held_out.NAMES), random.choice(held_out.CITIES)
        asked, expected = (
            (f"Please return a JSON object with name {name} and age {age}.", {"name": name, "age": age}),
            (f"Produce a JSON object with {first}: {age}, {second}: {city}", {first: age, second: city}),
            (f"I need JSON with the keys name and city. {name} lives in {city}.", {"name": name, "city": city}),
            (f"Please make a JSON array of {first}, {second} and {name}.", [first, second, name]),
        )[number % 4]
        options = {"response_format": {"type": "json_object"}} if isinstance(expected, dict) and number % 8 < 4 else {}
        yield chat("JSON", [user(asked)], json_of(expected), **options)


def extraction(random: Random, count: int) -> Iterator[Case]:
    """With the schema as a grammar, as `response_format` gives it; the prompt does not always name the fields."""
    for number in range(count):
        name, city, age, job = (
            random.choice(held_out.NAMES),
            random.choice(held_out.CITIES),
            random.randint(3, 98),
            random.choice(held_out.JOBS),
        )
        text, expected = (
            (f"{name} is {age} years old and lives in {city}.", {"name": name, "age": age, "city": city}),
            (f"Here is {name}, who lives in {city} and is {age} years old.", {"name": name, "age": age, "city": city}),
            (f"{name} works as a {job} and is from {city}.", {"name": name, "job": job, "city": city}),
            (f"{name} is {age}.", {"name": name, "age": age}),
        )[number % 4]
        asked = ("Please extract the data: {}", "Extract the person from this sentence. {}", "{}", "Get " + ", ".join(expected) + ": {}")[
            number // 4 % 4
        ].format(text)
        yield chat("extraction", [user(asked)], json_of(expected), response_format=schema(expected))


def schema(expected: Body) -> Body:
    properties = {key: {"type": "integer" if isinstance(held, int) else "string"} for key, held in expected.items()}
    form = {"type": "object", "properties": properties, "required": list(expected), "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": "data", "strict": True, "schema": form}}


def text_completion(random: Random, count: int) -> Iterator[Case]:
    starts = (
        ("The sky is", "blue"), ("The grass is", "green"), ("The capital of France is", "Paris"), ("One plus one is", "two"), ("Once upon a time", "there"),
        ("Monday, Tuesday, Wednesday,", "Thursday"), ("1, 2, 3, 4,", "5"), ("The sun is", "hot"), ("A week has", "seven"), ("Say this is a test", "This is a test"),
    )  # fmt: skip
    for number in range(count):
        if number < len(starts):
            prompt, expected = starts[number]
        else:
            name, other = random.sample(held_out.NAMES, 2)
            city, word = random.choice(held_out.CITIES), random.choice(held_out.WORDS)
            prompt, expected = (
                (f"{name} lives in {city}. {other} visited {name} in", city),
                (f"My name is {name}. I am happy. Hello, my name is", name),
                (f"{word} {name}\n{word} {name}\n{word} {name}\n{word}", name),
            )[number % 3]
        yield Case("text completion", prompt, _continues(prompt, expected))


def _continues(prompt: str, expected: str) -> Callable[[Engine], str | None]:
    def trial(engine: Engine) -> str | None:
        text = engine.complete(prompt, 24)
        return None if text.lower().strip().startswith(expected.lower()) else repr(text)

    return trial


Check = Callable[[dict[str, Any]], bool]


def python(random: Random, count: int) -> Iterator[Case]:
    """Function heads to go on with, judged by running what comes."""
    for number in range(count):
        left, right = random.sample([word for word in held_out.WORDS if word.isidentifier()], 2)
        prompt, check = _function(number, left, right)
        yield Case("Python completion", prompt, _runs(prompt, check))


def _function(number: int, left: str, right: str) -> tuple[str, Check]:
    options: tuple[tuple[str, Check], ...] = (
        (f"def add({left}, {right}):\n    return", lambda names: names["add"](3, 4) == 7),
        (f"def multiply({left}, {right}):\n", lambda names: names["multiply"](3, 4) == 12),
        (f"def is_even({left}):\n", lambda names: names["is_even"](4) and not names["is_even"](3)),
        (f"def subtract({left}, {right}):\n", lambda names: names["subtract"](9, 4) == 5),
        (f"def is_positive({left}):\n    return", lambda names: names["is_positive"](4) and not names["is_positive"](-3)),
        ("def factorial(n):\n", lambda names: names["factorial"](5) == 120),
        ("def fibonacci(n):\n    if n < 2:\n", lambda names: names["fibonacci"](10) == 55),
    )
    return options[number % len(options)]


def _runs(prompt: str, check: Check) -> Callable[[Engine], str | None]:
    def trial(engine: Engine) -> str | None:
        text = engine.complete(prompt, 60).split("\n\n\n")[0]
        return None if works(prompt + text, check) else repr(text)

    return trial


def works(code: str, check: Check) -> bool:
    """Whether the code runs and passes; it is a few lines that a model of 2 MB wrote, without access to anything."""
    names: dict[str, Any] = {"__builtins__": {"range": range, "len": len}}
    try:
        exec(code, names)  # noqa: S102
        return bool(check(names))
    except Exception:
        return False


def infill(random: Random, count: int) -> Iterator[Case]:
    for number in range(count):
        left, right = random.sample(held_out.WORDS, 2)
        options: tuple[tuple[str, str, Check], ...] = (
            (f"def add({left}, {right}):\n    return ", "\n", lambda names: names["add"](3, 4) == 7),
            (f"def is_odd({left}):\n    return {left} ", "\n", lambda names: names["is_odd"](3) and not names["is_odd"](4)),
            ("def ", f"({left}, {right}):\n    return {left} * {right}\n", lambda names: names["multiply"](3, 4) == 12),
            (f"def subtract({left}, ", f"):\n    return {left} - {right}\n", lambda names: names["subtract"](9, 4) == 5),
            (
                f"def sum_list(items):\n    {'total'} = 0\n    for item in items:\n",
                "\n    return total\n",
                lambda names: names["sum_list"]([1, 2, 3]) == 6,
            ),
        )
        prefix, suffix, check = options[number % len(options)]
        yield Case("fill in the middle", prefix + "█" + suffix, _fills(prefix, suffix, check))


def _fills(prefix: str, suffix: str, check: Check) -> Callable[[Engine], str | None]:
    def trial(engine: Engine) -> str | None:
        middle = engine.infill(prefix, suffix)
        return None if works(prefix + middle + suffix, check) else repr(middle)

    return trial


def cases(random: Random, count: int) -> Iterator[Case]:
    yield from json_on_request(random, count)
    yield from extraction(random, count)
    yield from text_completion(random, count)
    yield from python(random, count)
    yield from infill(random, count)
