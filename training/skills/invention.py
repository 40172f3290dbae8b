"""Tools that nobody has heard of: made-up deeds on made-up things, asked for as people ask.

What they are called, what they say of themselves and what is asked have words in common, and nothing else tells which
one is meant, or which word of a request is which argument.
"""

from collections.abc import Callable

from training import lists
from training.fillers import Fillers
from training.skills.families import INTEGER, STRING, Family, Parameter, Value, choice, done, single, spoken

THINGS = (
    "item place person project room label region team topic owner account device channel host folder sender city city name title".split()
)
KINDS = "level mode state size rank speed urgency colour category format".split()
CHOICES = (
    ("small", "large", "huge"),
    ("slow", "normal", "fast"),
    ("open", "closed"),
    ("red", "green", "blue"),
    ("minor", "major"),
    ("first", "second", "third"),
    ("cold", "warm", "hot"),
    ("draft", "final"),
)
UNITS = "days hours weeks people seats copies items nights persons pieces metres minutes".split()


Maker = Callable[[Fillers], Family]

PHRASAL = (
    "look up", "write down", "pick up", "turn off", "turn on", "find out", "set up", "give back", "check out", "sign in", "log out",
    "throw away", "take off", "put on", "bring back", "hand over", "look after", "read out", "send off", "fill in", "cut out",
)  # fmt: skip


MEANT: dict[str, Callable[[Fillers], Value]] = {"city": Fillers.city, "name": Fillers.name, "person": Fillers.name, "place": Fillers.city}


def maker(fillers: Fillers) -> Maker:
    return fillers.pick((asking, asking, doing, doing, naming, naming, numbering, measuring, measuring, pairing, grading))


def family(fillers: Fillers) -> Family:
    return maker(fillers)(fillers)


def _deed(fillers: Fillers) -> tuple[str, str]:
    words = fillers.random.choices((PHRASAL, lists.SERVICES, lists.VERBS, lists.DEEDS, ()), (10, 18, 15, 32, 25))[0]
    verb = fillers.pick(words) if words else _made_up(fillers)
    return verb, fillers.pick(lists.RECORDS) if fillers.chance(0.2) else _noun(fillers)


def _noun(fillers: Fillers) -> str:
    words = fillers.random.choices((lists.NOUNS, lists.OBJECTS, ()), (30, 48, 22))[0]
    noun = fillers.pick(words) if words else _made_up(fillers)
    return f"{fillers.pick(lists.NOUNS)} {noun}" if fillers.chance(0.12) else noun


def _made_up(fillers: Fillers) -> str:
    return fillers.made_up()[:7]


def _thing(fillers: Fillers) -> str:
    return fillers.pick(THINGS) if fillers.chance(0.7) else fillers.made_up()


def _string(fillers: Fillers, word: str) -> Parameter:
    any_kind = (Fillers.word, Fillers.name, Fillers.city, Fillers.code, Fillers.made_up, Fillers.proper, _two_words)
    value: Callable[[Fillers], Value] = MEANT.get(word) or fillers.pick(any_kind)
    return Parameter((word, word, f"{word}_name"), STRING, value, f"The {word}")


def _two_words(fillers: Fillers) -> Value:
    return f"{fillers.lower_word()} {fillers.lower_word()}"


def _integer(word: str) -> Parameter:
    return Parameter(
        (word, word, f"{word}_count"), INTEGER, lambda fillers: fillers.integer(0, fillers.pick((20, 999, 9999))), f"The {word}"
    )


def _names(verb: str, noun: str) -> tuple[str, ...]:
    tail = noun.replace(" ", "_")
    head = verb.replace(" ", "") if len(verb) % 2 else verb.replace(" ", "_")
    common = f"{head}_{tail}"
    return common, common, common, common, f"{head}_the_{tail}", f"{tail}_{head}", f"{head}{noun.title().replace(' ', '')}"


def _does(verb: str, noun: str) -> tuple[str, ...]:
    start = verb.capitalize()
    return (
        f"{start} the {noun}",
        f"{start} a {noun}",
        f"Use this to {verb} a {noun}.",
        f"A function to {verb} the {noun}",
        f"{start}s a {noun} for you",
    )


def doing(fillers: Fillers) -> Family:
    """Each argument after its name."""
    verb, noun = _deed(fillers)
    words = fillers.random.sample([*THINGS, *KINDS, fillers.made_up(), fillers.made_up()], 2)
    second = _integer(words[1]) if fillers.chance(0.35) else _string(fillers, words[1])
    parameters = (_string(fillers, words[0]), second)[: fillers.pick((1, 1, 2))]
    joint = fillers.pick((" and ", " and the ", ", "))
    said = joint.join(f"{words[place]} {{{place}}}" for place in range(len(parameters)))
    start = verb.capitalize()
    requests = (
        f"{start} the {noun} with {said}.",
        f"Please {verb} the {noun} with the {said}",
        f"I want to {verb} a {noun}: {said}",
        f"Can you {verb} the {noun} with {said}?",
        f"{start} a {noun} using {said}.",
    )
    return Family(_names(verb, noun), _does(verb, noun), parameters, requests, fillers.pick((done, single, spoken)))


def asking(fillers: Fillers) -> Family:
    """Something that a place or a thing has."""
    noun, thing = _noun(fillers), _thing(fillers)
    tail = noun.replace(" ", "_")
    requests = (
        f"What is the {noun} of {{0}}?",
        f"What's the {noun} in {{0}}?",
        f"What {noun} does {{0}} have?",
        f"How is the {noun} in {{0}}?",
        f"What's the {noun} in {{0}} like?",
        f"How much {noun} is there in {{0}}?",
        f"How many {noun}s does {{0}} have?",
        f"Tell me the {noun} for {{0}}.",
        f"I would like to know the {noun} of {{0}}",
        f"{noun.capitalize()} of {{0}}?",
        f"{{0}}: which {noun}?",
    )
    descriptions = (
        f"Get the {noun} of a {thing}",
        f"Returns the {noun} in a {thing}",
        f"The {noun} of a given {thing}",
        f"{noun.capitalize()} for a {thing}",
    )
    names = f"get_{tail}", f"get_{tail}", f"{tail}", f"find_{tail}", f"{tail}_of_{thing}"
    return Family(names, descriptions, (_string(fillers, thing),), requests, fillers.pick((single, spoken)))


def naming(fillers: Fillers) -> Family:
    """One argument, right after the verb or the noun."""
    verb, noun = _deed(fillers)
    place = _noun(fillers)
    word = noun.split()[-1] if fillers.chance(0.6) else _thing(fillers)
    start = verb.capitalize()
    requests = (
        f"{start} {{0}}.",
        f"Please {verb} {{0}}",
        f"{start} {{0}} in the {place}.",
        f"Please {verb} {{0}} on the {place}.",
        f"{start} the {word} {{0}}.",
        f"Please {verb} the {word} {{0}}",
        f"{start} the {noun} {{0}}.",
        f'{start} "{{0}}" with the {place}',
        f'{start} the {word} "{{0}}" in the {place}.',
        f"I need you to {verb} {{0}}.",
        f'Can you {verb} the {noun} "{{0}}"?',
    )
    names = (*_names(verb, noun), verb.replace(" ", "_")) if fillers.chance(0.3) else _names(verb, noun)
    about = (*_does(verb, noun), f"{start} a {noun} on the {place}", f"{start} a {word} in the {place}")
    return Family(names, about, (_string(fillers, word),), requests, done)


def numbering(fillers: Fillers) -> Family:
    """A number of its own."""
    verb, noun = _deed(fillers)
    tail = noun.split()[-1]
    key = fillers.pick(("id", f"{tail}_id", "number", f"{tail}_number"))
    start, said = verb.capitalize(), key.split("_")[-1]
    requests = (
        f"{start} the {noun} with the {said} {{0}}.",
        f"Please {verb} {noun} {{0}}.",
        f"{start} {noun} {{0}}",
        f"{start} {said} {{0}}, please.",
        f"Can you {verb} the {noun} number {{0}}?",
    )
    parameter = Parameter((key,), INTEGER, lambda fillers: fillers.integer(0, fillers.pick((20, 999, 99999))), f"The {said} of the {noun}")
    return Family(
        _names(verb, noun), (*_does(verb, noun), f"{start} a {noun} by its {said}"), (parameter,), requests, fillers.pick((done, single))
    )


def measuring(fillers: Fillers) -> Family:
    """A name and a number of something: the words around them and their kinds tell which is which."""
    verb, noun = _deed(fillers)
    thing, unit = _thing(fillers), fillers.pick(UNITS) if fillers.chance(0.7) else fillers.made_up() + "s"
    start = verb.capitalize()
    requests = (
        f"{start} a {noun} in {{0}} for {{1}} {unit}.",
        f"{start} the {noun} at {{0}} for {{1}} {unit}, please.",
        f"I want to {verb} a {noun} for {{1}} {unit} at {{0}}.",
        f"I need to {verb} a {noun} in {{0}} for {{1}} {unit}.",
        f"{start} {{1}} {unit} of {noun} for {{0}}.",
        f"Can you {verb} {{0}} with {{1}} {unit}?",
        f"{{1}} {unit} in {{0}}: {verb} the {noun}",
    )
    parameters = (_string(fillers, thing), _integer(unit))
    return Family(
        _names(verb, noun), (*_does(verb, noun), f"{start} a {noun} in a {thing}"), parameters, requests, fillers.pick((done, spoken))
    )


def pairing(fillers: Fillers) -> Family:
    """Two of a kind, in order."""
    verb, noun = _deed(fillers)
    first, second = fillers.pick(
        (("a", "b"), ("x", "y"), ("start", "end"), ("first", "second"), ("from", "to"), ("source", "target"), ("left", "right"))
    )
    numbers = fillers.chance(0.5)
    value: Callable[[Fillers], Value] = (
        (lambda fillers: fillers.integer(0, 999)) if numbers else fillers.pick((Fillers.city, Fillers.word, Fillers.name))
    )
    start = verb.capitalize()
    requests = (
        (
            f"{start} the {noun}s {{0}} and {{1}}.",
            f"{start} {{0}} and {{1}}",
            f"Use the tool to {verb} {{0}} and {{1}}.",
            f"Please {verb} {{0}} with {{1}}",
        )
        if numbers
        else (
            f"What is the {noun} from {{0}} to {{1}}?",
            f"{start} the {noun} from {{0}} to {{1}}.",
            f"How {verb} is it from {{0}} to {{1}}?",
            f"{noun.capitalize()} between {{0}} and {{1}}?",
        )
    )
    schema = INTEGER if numbers else STRING
    parameters = (Parameter((first,), schema, value, f"The {first}"), Parameter((second,), schema, value, f"The {second}"))
    names = _names(verb, noun) if numbers else _names(fillers.pick(("get", verb)), noun)
    describes = (
        (f"{verb.capitalize()} two {noun}s", f"{verb.capitalize()}s {first} and {second}")
        if numbers
        else (f"Get the {noun} between two places", f"The {noun} from one to another, to {verb} it")
    )
    return Family(names, describes, parameters, requests, single)


def grading(fillers: Fillers) -> Family:
    """A text and one of a few words."""
    verb, noun = _deed(fillers)
    thing, kind = fillers.pick(("title", "label", "text", "name", "subject", _thing(fillers))), fillers.pick(KINDS)
    options = fillers.pick(CHOICES) if fillers.chance(0.6) else tuple(fillers.made_up() for _ in range(fillers.integer(2, 4)))
    start = verb.capitalize()
    requests = (
        f"{start} a {noun} with the {thing} {{0}} and the {kind} {{1}}.",
        f'{start} a {{1}} {kind} {noun}: "{{0}}"',
        f'{start} a {{1}} {noun} called "{{0}}".',
        f"{start} the {noun} {{0}} with {kind} {{1}}",
        f"I want to {verb} {{0}}, a {noun} of {{1}} {kind}.",
    )
    parameters = (
        Parameter((thing, thing, f"{noun.split()[-1]}_{thing}"), STRING, _two_words, f"The {thing}"),
        choice(kind, of=options, about=f"The {kind}"),
    )
    return Family(_names(verb, noun), _does(verb, noun), parameters, requests, done)
