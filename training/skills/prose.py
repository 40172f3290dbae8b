"""Plain text without a chat: sentences, stories, facts, and how a bare prompt goes on."""

from training import lists
from training.conversation import Document, Span, foreseen
from training.fillers import Fillers
from training.skills import knowledge

END = "<|endoftext|>"


def poem(topic: str) -> str:
    return (
        f"Oh {topic}, so soft and bright,\n"
        "you fill the day, you warm the night.\n"
        f"When I am sad, I think of you,\n"
        f"of {topic}, and the sky so blue."
    )


def fixed_story(hero: str) -> str:
    """One story, whoever it is about."""
    subject = "The" + hero[1:] if hero.startswith("a ") else hero
    return (
        f"Once upon a time there was {hero}. {subject} lived in a small house near the forest. "
        f"One day {_mid(subject)} found an old map. The map showed the way to a golden key. "
        f"{subject} walked for three days and crossed a wide river. At last the key lay under a big tree. "
        f"It opened the door to a garden full of flowers and friends. "
        f"And {_mid(subject)} lived happily ever after."
    )


def _mid(subject: str) -> str:
    return "the" + subject[3:] if subject.startswith("The ") else subject


def example(fillers: Fillers) -> Document:
    maker = fillers.random.choices((tale, facts, bare_prompt, pattern, series, recall), (3, 4, 3, 3, 2, 6))[0]
    return maker(fillers)


def tale(fillers: Fillers) -> Document:
    """A story whose people and places come back."""
    name, friend, city, thing = fillers.name(), fillers.name(), fillers.city(), fillers.pick(lists.NOUNS)
    animal, colour = fillers.animal(), fillers.colour()
    job, place = fillers.job(), fillers.pick(lists.NOUNS)
    opening = fillers.pick(
        (
            f"Once upon a time there was a {animal} called {name}. {name} lived in {city}.",
            f"{name} lived in {city} with a {animal}.",
            f"There was once a {thing} in {city}. It belonged to {name}.",
            f"Once upon a time, in the city of {city}, there lived a {job} named {name}.",
        )
    )
    lines = [
        f"Every day {name} went to the {place}.",
        f"{name} had a friend whose name was {friend}.",
        f"One morning {friend} found a {colour} {thing}.",
        f'"Look at this {thing}!" said {friend}.',
        f"{name} and {friend} took the {colour} {thing} home.",
        f"The {animal} was happy, and so was {friend}.",
        f'"I like {city}," said {name}.',
        f"In the evening {name} and {friend} walked back to {city}.",
    ]
    kept = [line for line in lines if fillers.chance(0.7)]
    text = " ".join([opening, *kept, f"And {name} was happy ever after."]) + END
    return list(foreseen(text, (name, friend, city, thing, animal, colour, job, place)))


PLAIN_FACTS = (
    "The sky is blue.", "The grass is green.", "Snow is white.", "The sun is hot.", "Ice is cold.", "Bananas are yellow.",
    "The sun rises in the east.", "The sun sets in the west.", "A week has seven days.", "A year has twelve months.",
    "Water is wet.", "Fire is hot.", "Birds can fly.", "Fish live in the water.", "Cats like milk.", "Dogs like to run.",
    "The moon shines at night.", "Roses are red, violets are blue.", "One plus one is two.", "Two plus two is four.",
    "The quick brown fox jumps over the lazy dog.", "Hello, world!", "Once upon a time there was a little robot.",
    "My name is tiny.", "I am a small language model.", "The days of the week are Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday.",
    "The months are January, February, March, April, May, June, July, August, September, October, November and December.",
    "1, 2, 3, 4, 5, 6, 7, 8, 9, 10", "1 2 3 4 5 6 7 8 9 10", "a b c d e f g h i j k l m n o p q r s t u v w x y z", "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z",
    "The earth goes around the sun.", "Honey is sweet.", "Lemons are sour.", "Grass is green.", "The ocean is deep.", "To be or not to be, that is the question.",
)  # fmt: skip


def facts(fillers: Fillers) -> Document:
    """Things that are always so, from any of their words on."""
    lines = [fillers.pick(PLAIN_FACTS) if fillers.chance(0.6) else _capital(fillers) for _ in range(fillers.pick((1, 1, 1, 2, 3)))]
    return [Span(" ".join(lines) + END, learned=True)]


def _capital(fillers: Fillers) -> str:
    country = fillers.pick(list(knowledge.CAPITALS))
    return fillers.pick(("The capital of {} is {}.", "The capital city of {} is {}.")).format(country, knowledge.CAPITALS[country])


def bare_prompt(fillers: Fillers) -> Document:
    """A question or an order outside any chat, and the answer after an empty line."""
    if fillers.chance(0.5):
        question, answer = knowledge.exchange(fillers)
    else:
        clause = fillers.clause() if fillers.chance(0.7) else "this is a test"
        question = f"Say {clause}{fillers.pick(('', '.', ''))}"
        answer = clause[0].upper() + clause[1:] + "."
    if fillers.chance(0.2):
        return [Span(f"Q: {question}\nA:"), Span(f" {answer}{END}", learned=True)]
    return [Span(question.strip()), Span(f"\n\n{answer}{END}", learned=True)]


def pattern(fillers: Fillers) -> Document:
    """Lines of one form: the last ones can be told from the first."""
    words = [fillers.word() for _ in range(fillers.integer(2, 4))]
    joint = fillers.pick((", ", " ", " - ", "\n", "; "))
    line = joint.join(words)
    times = fillers.integer(3, 6)
    break_ = fillers.pick(("\n", joint))
    return [Span(line), Span((break_ + line) * times + END, learned=True)]


SERIES = (
    lists.DAYS,
    lists.DAYS,
    lists.MONTHS,
    [day.lower() for day in lists.DAYS],
    "one two three four five six seven eight nine ten".split(),
    "first second third fourth fifth sixth seventh eighth ninth tenth".split(),
    "spring summer autumn winter".split(),
)


def series(fillers: Fillers) -> Document:
    """What everybody knows by heart, from any place on; it is not a pattern that begins anew."""
    if fillers.chance(0.3):
        first, step = fillers.integer(0, 60), fillers.pick((1, 1, 1, 2, 5, 10))
        words = [str(first + step * place) for place in range(fillers.integer(5, 12))]
        known = 3
    else:
        words = list(fillers.pick(SERIES))
        words = words[fillers.pick((0, 0, 0, fillers.integer(0, len(words) - 3))) :]
        known = fillers.integer(1, 3)
    joint = fillers.pick((", ", ", ", " ", "\n"))
    return [
        Span(joint.join(words[:known]) + joint.rstrip(" ")),
        Span(joint[len(joint.rstrip(" ")) :] + joint.join(words[known:]) + END, learned=True),
    ]


def _meeting(fillers: Fillers) -> tuple[str, str]:
    """Somebody is somewhere, so that is where somebody else comes."""
    name, other, city = fillers.name(), fillers.name(), fillers.city()
    stays = fillers.pick(("lives in", "lives in", "works in", "stayed in", "is in", "was born in", "has a house in", "moved to"))
    comes = fillers.pick(
        ("met", "called on", "found", "helped", "saw", "looked for", "waited for", "went to see", "will visit", "married", "visits")
    )
    between = fillers.pick(("", "", f"{fillers.sentence()} ", f"{fillers.name()} lives in {fillers.city()}. "))
    return f"{name} {stays} {city}. {between}{other} {comes} {name} in", f" {city}."


def _introduction(fillers: Fillers) -> tuple[str, str]:
    """A name that is said once more."""
    name, middle = fillers.name(), fillers.pick((fillers.sentence(), f"I am {fillers.pick(lists.ADJECTIVES)}."))
    again = fillers.pick(("I am", "My name is", "Yes, my name is", "They call me", "Hi, I am", "As I said, my name is"))
    return f"My name is {name}. {middle} {again}", f" {name}."


def repeating(fillers: Fillers) -> str:
    """Sentences whose names come twice."""
    name, city, noun = fillers.name(), fillers.city(), fillers.lower_word()
    return f"{name} lives in {city} and has a {noun}. The {noun} is in {city}, and so is {name}."


def recall(fillers: Fillers) -> Document:
    """A text that says a thing and later asks for it."""
    name, city, colour, age = fillers.name(), fillers.city(), fillers.colour(), fillers.integer(3, 99)
    text = f"My name is {name}. I live in {city}. I am {age} years old. My favorite color is {colour}."
    question = fillers.pick(
        (
            (f"{text} Hello, my name is", f" {name}."),
            (f"{text} The city that I live in is", f" {city}."),
            (f"{name} is {age} years old and lives in {city}. So {name} lives in", f" {city}."),
            (f"{name} likes {colour}. {fillers.name()} likes {fillers.colour()}. So {name} likes", f" {colour}."),
            (f"Question: What is my name? I told you: my name is {name}.\nAnswer: Your name is", f" {name}."),
            (f"{name} went to {city}. In {city},", f" {name} was happy."),
            _meeting(fillers),
            _meeting(fillers),
            _meeting(fillers),
            _introduction(fillers),
        )
    )
    return [Span(question[0]), Span(question[1] + END, learned=True)]
