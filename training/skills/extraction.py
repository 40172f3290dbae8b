"""JSON: on request, with given field names, and from a sentence."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from training import lists
from training.conversation import Document, Json, Message, assistant, dump, system, user
from training.fillers import Fillers
from training.skills import knowledge, setting


@dataclass(frozen=True)
class Field:
    """Something to extract: its possible keys, its value, and how a sentence about {who} says it."""

    keys: tuple[str, ...]
    value: Callable[[Fillers], str | int]
    says: tuple[str, ...]


NAME_KEYS = ("name", "name", "name", "person", "full_name", "first_name", "user", "customer", "who")
FIELDS = (
    Field(
        ("age", "age", "age", "years", "age_years"),
        lambda fillers: fillers.integer(2, 99),
        ("is {} years old", "is {}", "is {} years of age", "turned {}"),
    ),
    Field(
        ("city", "city", "city", "location", "town", "place", "home", "address"),
        Fillers.city,
        ("lives in {}", "is from {}", "comes from {}", "moved to {}", "lives in the city of {}"),
    ),
    Field(("job", "job", "occupation", "profession", "role"), Fillers.job, ("works as a {}", "is a {}", "has a job as a {}")),
    Field(("color", "colour", "favorite_color"), Fillers.colour, ("likes {}", "loves the color {}", "prefers {}")),
    Field(("food", "favorite_food", "dish"), Fillers.food, ("eats {}", "likes to eat {}")),
    Field(("email", "mail", "contact"), Fillers.email, ("has the email {}", "can be reached at {}")),
    Field(("country", "nation"), Fillers.country, ("was born in {}", "grew up in {}")),
    Field(("phone", "number", "id", "code"), Fillers.code, ("has the number {}", "has the code {}")),
    Field(("hobby", "interest"), Fillers.hobby, ("enjoys {}", "has the hobby {}")),
    Field(("birthday", "date", "birth_date"), Fillers.date, ("was born on {}", "has a birthday on {}")),
)


def example(fillers: Fillers) -> Document:
    maker = fillers.random.choices((from_sentence, of_pairs, of_list, wrapped, single_value, event), (10, 6, 3, 2, 4, 3))[0]
    return maker(fillers)


def written(fillers: Fillers, value: object) -> str:
    """JSON as an answer; under a grammar the model may have to write it without spaces or over several lines."""
    roll = fillers.random.random()
    if roll < 0.62:
        return dump(value)
    if roll < 0.88:
        return dump(value, compact=True)
    return json.dumps(value, indent=2, ensure_ascii=False)


def _facts(fillers: Fillers) -> tuple[str, dict[str, str | int]]:
    """A sentence and what it says."""
    who = fillers.name()
    fields = fillers.random.sample(FIELDS, fillers.pick((1, 2, 2, 2, 3)))
    if fillers.chance(0.45):
        fields = [FIELDS[0], FIELDS[1]][:: fillers.pick((1, -1))]
    facts: dict[str, str | int] = {fillers.pick(NAME_KEYS): who}
    says = []
    for field in fields:
        value = field.value(fillers)
        key = fillers.pick(field.keys)
        facts[key] = value
        says.append(fillers.pick(field.says).format(value))
    joint = f" {fillers.pick(('and', 'and', 'and also'))} "
    shape = fillers.integer(0, 3)
    if shape == 0 and len(says) > 1:
        sentence = f"{who} {', '.join(says[:-1])}{joint}{says[-1]}."
    elif shape == 1:
        sentence = " ".join(f"{who if place == 0 else fillers.pick(('He', 'She'))} {said}." for place, said in enumerate(says))
    elif shape == 2 and fields[:2] == [FIELDS[0], FIELDS[1]]:
        sentence = f"{who}, {facts[list(facts)[1]]}, {says[1]}."
    else:
        sentence = f"{who} {joint.join(says)}."
    if fillers.chance(0.5) and sentence.startswith(f"{who} "):
        if fillers.chance(0.6):
            sentence = f"{_presenting(fillers)} {who}, who{sentence.removeprefix(who)}"
        else:
            sentence = f"{fillers.pick(CLAIMS)} {sentence}"
    if fillers.chance(0.15):
        sentence = f"{fillers.sentence()} {sentence}"
    return sentence, facts


PRESENTING = (
    "This is",
    "Meet",
    "There is",
    "There goes",
    "Now comes",
    "Next is",
    "That must be",
    "It is",
    "These are the details of",
    "Look, it is",
    "Over there is",
    "In the picture is",
    "We have",
    "We spoke with",
    "I met",
    "I know",
    "You know",
    "Say hello to",
    "Welcome",
    "Our guest is",
    "My friend is",
    "The next one is",
    "First,",
    "Today we meet",
    "Then came",
    "Do you know",
)
"""What may come before a name."""
CLAIMS = (
    "So",
    "Today:",
    "We know that",
    "It seems that",
    "There",
    "Listen:",
    "I heard that",
    "Note:",
    "As you know,",
    "Yes,",
    "Now",
    "Here and now,",
)


def _presenting(fillers: Fillers) -> str:
    if fillers.chance(0.7):
        return fillers.pick(PRESENTING)
    word = (fillers.pick(lists.ADJECTIVES) if fillers.chance(0.5) else fillers.pick(lists.VERBS)).capitalize()
    return f"{word} {fillers.pick(('is', 'was', 'the', 'are', 'and', 'with', 'for', 'by'))}"


ORDERS = (
    "Extract the {keys} from this text: {text}",
    "Extract {keys}: {text}",
    "Extract {keys} as JSON from: {text}",
    "Get the {keys} as JSON: {text}",
    "Give me the {keys} of this as JSON: {text}",
    "Return JSON with {keys}: {text}",
    "Return a JSON object with the keys {keys}. {text}",
    "Convert to JSON with the fields {keys}: {text}",
    "Read this and answer in JSON with {keys}: {text}",
    "{text} Extract the {keys} as JSON.",
    "{text} Return JSON with the keys {keys}.",
    "{text}\nAnswer as a JSON object with {keys}.",
    "Parse into JSON ({keys}): {text}",
    'Extract the {keys} from: "{text}"',
    "Please extract {keys} from the following sentence.\n\n{text}",
    "Fill in {keys} as JSON. {text}",
)
OPEN_ORDERS = (
    "Extract the data as JSON: {text}",
    "Extract the information: {text}",
    "Extract the person: {text}",
    "Convert to JSON: {text}",
    "Extract the information from this text: {text}",
    "{text} Return this as JSON.",
    "Parse this: {text}",
    "Who is it? {text} Answer in JSON.",
    "Describe as JSON: {text}",
    "{text}",
    "Extract the person from: {text}",
    "Turn this into a JSON object: {text}",
    "Extract the event information. {text}",
)
SYSTEMS = (
    "Extract the data as JSON.",
    "You answer in JSON.",
    "Answer only with JSON.",
    "You extract information and return JSON.",
    "Respond with a JSON object.",
    "Output valid JSON only.",
)


def from_sentence(fillers: Fillers) -> Document:
    """Sentences to JSON, with the keys named in the prompt or left to a grammar."""
    head: list[Message] = []
    open_ = fillers.chance(0.35)
    if fillers.chance(0.3):
        head = [system(fillers.pick(SYSTEMS))]
    messages: list[Message] = []
    for _ in range(fillers.pick((1, 1, 2, 3))):
        text, facts = _facts(fillers)
        if open_:
            prompt = fillers.pick(OPEN_ORDERS).format(text=text)
            if fillers.chance(0.3):
                facts = dict(fillers.random.sample(list(facts.items()), len(facts)))
            unforeseen = list(facts)
        else:
            keys = list(facts)
            if fillers.chance(0.3):
                fillers.random.shuffle(keys)
                facts = {key: facts[key] for key in keys}
            prompt = fillers.pick(ORDERS).format(text=text, keys=_listed(fillers, keys))
            unforeseen = []
        messages += [user(prompt), Message("assistant", written(fillers, facts), unforeseen=unforeseen)]
    return setting.conversation(fillers, [*head, *messages]).document()


def _listed(fillers: Fillers, keys: list[str]) -> str:
    if len(keys) > 1 and fillers.chance(0.7):
        return f"{', '.join(keys[:-1])} and {keys[-1]}"
    if fillers.chance(0.3):
        return ", ".join(f'"{key}"' for key in keys)
    return ", ".join(keys)


def of_pairs(fillers: Fillers) -> Document:
    """An object of given keys and values."""
    pairs: Json = {}
    for _ in range(fillers.integer(1, 4)):
        key = fillers.pick(
            (
                "name",
                "age",
                "city",
                "title",
                "id",
                "status",
                "color",
                "x",
                "y",
                "value",
                "count",
                "ok",
                fillers.lower_word(),
                fillers.lower_word(),
                fillers.lower_word(),
            )
        )
        pairs[key] = fillers.pick(
            (fillers.word(), fillers.integer(0, 999), fillers.proper(), fillers.code(), fillers.chance(0.5), fillers.phrase(1, 3))
        )
    shown = {key: dump(value) if isinstance(value, bool | int) else value for key, value in pairs.items()}
    described = fillers.pick(
        (
            " and ".join(f"{key} {value}" for key, value in shown.items()),
            ", ".join(f"{key}: {value}" for key, value in shown.items()),
            ", ".join(f"{key} = {value}" for key, value in shown.items()),
            " and ".join(f'{key} set to "{value}"' for key, value in shown.items()),
            "\n".join(f"{key}: {value}" for key, value in shown.items()),
        )
    )
    prompt = fillers.pick(
        (
            "Return a JSON object with {}.",
            "Give me JSON with {}",
            "Write a JSON object with {}.",
            "Make JSON: {}",
            "Answer in JSON with {}.",
            "Create a JSON object: {}",
            "As JSON, please: {}",
            "Respond with a JSON object containing {}.",
            "Output JSON: {}",
            "Convert to JSON: {}",
        )
    ).format(described)
    return setting.conversation(fillers, [user(fillers.roughly(prompt)), assistant(written(fillers, pairs))]).document()


def of_list(fillers: Fillers) -> Document:
    """Arrays of given or well-known things."""
    if fillers.chance(0.4):
        kind, items = fillers.pick(
            (
                ("colors", ["red", "blue", "green", "yellow", "black"]),
                ("fruits", ["apple", "banana", "orange", "pear", "cherry"]),
                ("animals", ["cat", "dog", "horse", "cow", "bird"]),
                ("cities", ["Paris", "London", "Berlin", "Rome", "Madrid"]),
            )
        )
        count = fillers.integer(2, 5)
        word = ("two", "three", "four", "five")[count - 2]
        prompt = fillers.pick(
            (
                f"List {count} {kind} as JSON.",
                f"Give me a JSON array of {word} {kind}.",
                f"{word.capitalize()} {kind} as a JSON list, please.",
                f"Return {count} {kind} in JSON.",
            )
        )
        answer: object = items[:count] if "array" in prompt or "list" in prompt else {kind: items[:count]}
    else:
        words = [
            str(word) for word in (fillers.words(2, 5) if fillers.chance(0.6) else [fillers.name() for _ in range(fillers.integer(2, 4))])
        ]
        joined = fillers.pick((", ".join(words), f"{', '.join(words[:-1])} and {words[-1]}"))
        key = fillers.pick(("items", "names", "words", "list", "tags", fillers.lower_word()))
        prompt, answer = fillers.pick(
            (
                (f"Make a JSON array of {joined}.", words),
                (f"Write {joined} as a JSON list.", words),
                (f'Return JSON with the key "{key}" and the list {joined}.', {key: words}),
                (f"Extract the {key} as JSON: {joined}", {key: words}),
                (f"Return a JSON object whose {key} are {joined}", {key: words}),
            )
        )
    return setting.conversation(fillers, [user(prompt), assistant(written(fillers, answer))]).document()


def wrapped(fillers: Fillers) -> Document:
    """A known answer inside an object."""
    question, answer = knowledge.exchange(fillers)
    key = fillers.pick(("answer", "answer", "response", "text", "reply", "result", "message"))
    prompt = f"{question.strip()} {fillers.pick((f'Answer in JSON with the key {key}.', f'Return JSON with the key {chr(34)}{key}{chr(34)}.', 'Answer in JSON.', 'Reply as a JSON object.'))}"
    return setting.conversation(
        fillers, [user(prompt), assistant(written(fillers, {key if key in prompt else "answer": answer}))]
    ).document()


def single_value(fillers: Fillers) -> Document:
    """A question about a sentence, answered with the bare value or a sentence."""
    messages: list[Message] = []
    for _ in range(fillers.integer(1, 3)):
        text, facts = _facts(fillers)
        key = fillers.pick(list(facts))
        shown = key.replace("_", " ")
        prompt = fillers.pick(
            (
                f"What is the {shown}? {text}",
                f"Extract the {shown}: {text}",
                f"{text} What is the {shown}?",
                f"Find the {shown} in this text: {text}",
                f"Give me only the {shown}: {text}",
            )
        )
        messages += [user(prompt), assistant(str(facts[key]))]
    return setting.conversation(fillers, messages).document()


def event(fillers: Fillers) -> Document:
    """`Alice and Bob are going to a science fair on Friday.`"""
    names = [fillers.name() for _ in range(fillers.integer(1, 3))]
    people = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    what, when = (
        fillers.pick(
            (
                "a party",
                "a concert",
                "a science fair",
                "a meeting",
                "a wedding",
                f"a {fillers.lower_word()} show",
                f"the {fillers.lower_word()} fair",
            )
        ),
        fillers.pick((*lists.DAYS, fillers.date())),
    )
    verb = "is" if len(names) == 1 else "are"
    text = f"{people} {verb} going to {what} on {when}."
    facts = {
        fillers.pick(("name", "event", "title")): what.split(" ", 1)[1],
        fillers.pick(("date", "day", "when")): when,
        fillers.pick(("participants", "people", "names", "attendees")): names,
    }
    order = fillers.pick(
        (
            "Extract the event information: {}",
            "Extract the event information. {}",
            "Extract the event as JSON: {}",
            "{} Extract the event.",
            "{} Return it as JSON.",
            "{}",
        )
    )
    if fillers.chance(0.4):
        order = f"Extract {', '.join(facts)} as JSON: {{}}"
    messages = [user(order.format(text)), assistant(written(fillers, facts))]
    if fillers.chance(0.3):
        messages.insert(0, system(fillers.pick(("Extract the event information.", *SYSTEMS))))
    return setting.conversation(fillers, messages).document()
