"""Tools whose name is not said: `How tall is it?` asks for a height."""

from training.fillers import Fillers
from training.skills.families import STRING, Family, Parameter, Value, single

ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("height", "building", ("How tall is {0}?", "How high is {0}?", "To what height does {0} rise?")),
    ("age", "person", ("How old is {0}?", "When was {0} born?", "Is {0} still young?")),
    ("price", "product", ("How much is {0}?", "What does {0} cost?", "Is {0} expensive?", "How much do I pay for {0}?")),
    ("weight", "item", ("How heavy is {0}?", "What does {0} weigh?", "How many kilos has {0}?")),
    ("author", "book", ("Who wrote {0}?", "Whose book is {0}?", "Who is the writer of {0}?")),
    ("location", "thing", ("Where is {0}?", "Where can I find {0}?", "Where did I leave {0}?", "Can you locate {0}?")),
    ("opening hours", "shop", ("When does {0} open?", "Is {0} open now?", "Until when is {0} open?", "When does {0} close?")),
    ("owner", "house", ("Who owns {0}?", "Whose is {0}?", "To whom does {0} belong?")),
    ("duration", "film", ("How long does {0} take?", "How long is {0}?", "How many minutes is {0}?")),
    ("area", "country", ("How big is {0}?", "How large is {0}?", "What size has {0}?")),
    ("language", "country", ("What do people speak in {0}?", "How do they talk in {0}?", "What is spoken in {0}?")),
    ("mayor", "city", ("Who governs {0}?", "Who rules in {0}?", "Who leads the city of {0}?")),
    ("founder", "company", ("Who started {0}?", "Who founded {0}?", "Who set up {0}?")),
    ("job", "person", ("What does {0} do for a living?", "Where does {0} work?", "What does {0} earn money with?")),
    ("traffic", "city", ("How full are the streets of {0}?", "Are there many cars in {0}?", "How busy are the roads in {0}?")),
    ("rating", "restaurant", ("How good is {0}?", "Is {0} any good?", "What do people think of {0}?")),
    ("meaning", "term", ("What does {0} mean?", "What is meant by {0}?", "Explain {0} to me.")),
    ("speed", "machine", ("How fast is {0}?", "How quick is {0}?", "How fast can {0} go?")),
    ("colour", "item", ("What does {0} look like?", "How is {0} painted?", "Is {0} red or blue?")),
    ("supply", "product", ("How many {0} are left?", "Do we still have {0}?", "Is {0} sold out?")),
)  # fmt: skip
"""What a thing has, what kind of thing, and how it is asked for."""

WAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("travel time", ("How long do I need from {0} to {1}?", "How long does it take to get from {0} to {1}?", "How quickly am I in {1} from {0}?")),
    ("fare", ("How much is it from {0} to {1}?", "What do I pay from {0} to {1}?", "What does it cost to go from {0} to {1}?")),
    ("route", ("How do I get from {0} to {1}?", "Which way is it from {0} to {1}?", "Show me the way from {0} to {1}.")),
    ("connection", ("Is there a train from {0} to {1}?", "Can I take a bus from {0} to {1}?", "When do I leave {0} to be in {1}?")),
)  # fmt: skip
"""What there is between two places, and how it is asked for."""

ENDS = (("from", "to"), ("start", "end"), ("from_city", "to_city"), ("departure", "arrival"), ("start_city", "end_city"))


def family(fillers: Fillers) -> Family:
    return _between(fillers) if fillers.chance(0.25) else _about(fillers)


def _about(fillers: Fillers) -> Family:
    facet, thing, requests = fillers.pick(ROWS)
    value = fillers.pick((_owned, Fillers.proper, Fillers.name, Fillers.city))
    parameter = Parameter((thing, thing, "name", f"{thing}_name"), STRING, value, f"The {thing}")
    descriptions = f"Get the {facet} of a {thing}", f"Returns the {facet} of a {thing}", f"The {facet} of the {thing}"
    return Family(_names(fillers, facet), descriptions, (parameter,), requests, single)


def _owned(fillers: Fillers) -> Value:
    return f"the {fillers.lower_word()}"


def _between(fillers: Fillers) -> Family:
    facet, requests = fillers.pick(WAYS)
    first, second = fillers.pick(ENDS)
    parameters = tuple(Parameter((key,), STRING, Fillers.city, f"The {key.replace('_', ' ')}") for key in (first, second))
    descriptions = f"Get the {facet} between two places", f"The {facet} from a place to another", f"Finds the {facet}"
    return Family(_names(fillers, facet), descriptions, parameters, requests, single)


def _names(fillers: Fillers, facet: str) -> tuple[str, ...]:
    tail = facet.replace(" ", "_")
    return f"get_{tail}", f"get_{tail}", f"find_{tail}", tail, f"fetch_{tail}", f"{fillers.made_up()[:6]}_{tail}"
