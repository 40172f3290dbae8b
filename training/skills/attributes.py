"""What people tell about themselves, and how they ask for it later."""

from collections.abc import Callable
from dataclasses import dataclass

from training import lists
from training.fillers import Fillers


@dataclass(frozen=True)
class Attribute:
    """Something that one can tell about oneself: how it is told, asked and answered, and what is not known when nobody
    told (else "your" and the key)."""

    key: str
    value: Callable[[Fillers], str]
    tells: tuple[str, ...]
    asks: tuple[str, ...]
    answer: str
    missed: str = ""


def _favourite(thing: str, value: Callable[[Fillers], str]) -> list[Attribute]:
    return [
        Attribute(
            f"{favourite} {thing}",
            value,
            (
                f"My {favourite} {thing} is {{}}.",
                f"{{}} is my {favourite} {thing}.",
                f"My {favourite} {thing} is {{}}.",
                f"The {thing} I like best is {{}}.",
                f"My {favourite} {thing} was always {{}}.",
                f"My {favourite} {thing} has long been {{}}.",
                f"My {favourite} {thing} remains {{}}.",
                f"My {favourite} {thing} will ever be {{}}.",
                f"My {favourite} {thing} has now become {{}}.",
                f"{{}}, that is my {favourite} {thing}.",
                f"My {favourite} {thing}? It is {{}}.",
            ),
            (
                f"What is my {favourite} {thing}?",
                f"What's my {favourite} {thing}?",
                f"Which {thing} do I like best?",
                f"Do you remember my {favourite} {thing}?",
                f"Tell me my {favourite} {thing}.",
                f"my {favourite} {thing}?",
                f"Which {thing} is my {favourite}?",
            ),
            f"Your {favourite} {thing} is {{}}.",
        )
        for favourite in ("favorite", "favourite")
    ]


def owned(fillers: Fillers) -> Attribute:
    """Anybody or anything that one has and that has a name."""
    noun = fillers.pick((fillers.pick(lists.NOUNS), fillers.pick(lists.ANIMALS), fillers.pick(RELATIVES), fillers.made_up().lower()))
    return Attribute(
        noun,
        Fillers.name,
        (
            f"My {noun} is called {{}}.",
            f"I have a {noun} named {{}}.",
            f"I have a {noun}, its name is {{}}.",
            f"I have a {noun} and the name is {{}}.",
            f"I own a {noun} that is called {{}}.",
            f"I have got a {noun}. It is called {{}}.",
            f"My {noun}'s name is {{}}.",
            f"My {noun}, whose name is {{}}, is here.",
            f"There is a {noun} whose name is {{}}.",
            f"We have a {noun} that goes by the name of {{}}.",
            f"The name of my {noun} is {{}}.",
            f"{{}} is my {noun}.",
        ),
        (
            f"What is my {noun}'s name?",
            f"What's the name of my {noun}?",
            f"What is my {noun} called?",
            f"How is my {noun} called?",
            f"What do I call my {noun}?",
            f"Do you know the name of my {noun}?",
            f"Which name does my {noun} have?",
        ),
        f"Your {noun} is called {{}}.",
        f"your {noun}'s name",
    )


RELATIVES = "brother sister mother father uncle aunt cousin friend neighbour boss colleague teacher wife husband son daughter".split()

ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(
        "name",
        Fillers.name,
        (
            "My name is {}.",
            "My name is {}.",
            "I am {}.",
            "I'm {}.",
            "Call me {}.",
            "My name's {}.",
            "You can call me {}.",
            "Hi, I'm {}.",
            "Hello, my name is {}.",
            "Hi! My name is {}.",
            "{} is my name.",
            "People call me {}.",
            "This is {} speaking.",
            "Hey, {} here.",
            "The name is {}.",
            "I'm called {}.",
        ),
        (
            "What is my name?",
            "What is my name?",
            "What's my name?",
            "Who am I?",
            "Do you remember my name?",
            "Tell me my name.",
            "Do you know my name?",
            "Can you tell me my name?",
            "what is my name",
            "How am I called?",
            "What am I called?",
            "Say my name.",
            "What did I say my name was?",
            "What was my name again?",
            "Remind me of my name.",
            "And what is my name?",
            "Which name did I give you?",
        ),
        "Your name is {}.",
        "your name",
    ),
    Attribute(
        "city",
        Fillers.city,
        (
            "I live in {}.",
            "I live in {}.",
            "I am from {}.",
            "My home is in {}.",
            "My city is {}.",
            "I'm living in {}.",
            "I moved to {}.",
            "My home town is {}.",
            "I come from {}.",
        ),
        (
            "Where do I live?",
            "Where do I live?",
            "Which city do I live in?",
            "What city do I live in?",
            "Where am I from?",
            "Where is my home?",
            "Do you remember where I live?",
            "In which city do I live?",
            "Where did I say I live?",
            "What is my city?",
            "What's my city?",
        ),
        "You live in {}.",
        "where you live",
    ),
    Attribute(
        "age",
        lambda fillers: str(fillers.integer(3, 99)),
        ("I am {} years old.", "I am {}.", "I'm {} years old.", "My age is {}.", "I turned {} this year."),
        ("How old am I?", "How old am I?", "What is my age?", "What's my age?", "Do you remember how old I am?", "Tell me my age."),
        "You are {} years old.",
        "how old you are",
    ),
    Attribute(
        "job",
        Fillers.job,
        ("I work as a {}.", "I am a {}.", "My job is {}.", "I'm a {} by profession.", "My profession is {}."),
        (
            "What is my job?",
            "What's my job?",
            "What do I do for a living?",
            "What do I do for work?",
            "What is my profession?",
            "Do you remember my job?",
        ),
        "You are a {}.",
    ),
    Attribute(
        "dog",
        Fillers.name,
        (
            "My dog is called {}.",
            "I have a dog named {}.",
            "There is a dog in my house, it is called {}.",
            "I walk my dog {} every day.",
            "My dog's name is {}.",
            "The name of my dog is {}.",
        ),
        (
            "What is my dog's name?",
            "What's the name of my dog?",
            "What is my dog called?",
            "How is my dog called?",
            "What is the name of my dog?",
        ),
        "Your dog is called {}.",
        "your dog's name",
    ),
    Attribute(
        "cat",
        Fillers.name,
        (
            "My cat is called {}.",
            "I have a cat named {}.",
            "I have a cat whose name is {}.",
            "There is a cat in my house, it is called {}.",
            "My cat's name is {}.",
            "The name of my cat is {}.",
        ),
        ("What is my cat's name?", "What's the name of my cat?", "What is my cat called?", "What is the name of my cat?"),
        "Your cat is called {}.",
        "your cat's name",
    ),
    *_favourite("color", Fillers.colour),
    *_favourite("colour", Fillers.colour),
    *_favourite("food", Fillers.food),
    *_favourite("animal", Fillers.animal),
    *_favourite("number", lambda fillers: str(fillers.integer(0, 9999))),
    *_favourite("city", Fillers.city),
    *_favourite("word", Fillers.word),
    Attribute(
        "hobby",
        Fillers.hobby,
        ("My hobby is {}.", "I like {}.", "I love {}.", "In my free time I enjoy {}."),
        ("What is my hobby?", "What's my hobby?", "What do I like?", "What do I like to do?", "What do I enjoy?"),
        "Your hobby is {}.",
    ),
    Attribute(
        "birthday",
        lambda fillers: fillers.date(),
        ("My birthday is {}.", "My birthday is on {}.", "I was born on {}."),
        ("When is my birthday?", "What is my birthday?", "When was I born?", "Do you remember my birthday?"),
        "Your birthday is {}.",
    ),
    Attribute(
        "email",
        Fillers.email,
        ("My email is {}.", "My email address is {}", "You can reach me at {}."),
        ("What is my email?", "What's my email address?", "How can you reach me?"),
        "Your email is {}.",
    ),
)
