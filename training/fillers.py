"""Random words, names and numbers. Most are made up, so that copying is the only way to get them right."""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from training import lists

T = TypeVar("T")

ONSETS = [
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "w",
    "z",
    "br",
    "ch",
    "cl",
    "cr",
    "dr",
    "fl",
    "fr",
    "gl",
    "gr",
    "kl",
    "kr",
    "ph",
    "pl",
    "pr",
    "qu",
    "sc",
    "sh",
    "sk",
    "sl",
    "sm",
    "sn",
    "sp",
    "st",
    "str",
    "sw",
    "th",
    "tr",
    "tw",
    "wh",
    "x",
    "y",
]
NUCLEI = ["a", "e", "i", "o", "u", "a", "e", "i", "o", "u", "ai", "ea", "ee", "ei", "ia", "ie", "io", "oa", "oo", "ou", "ue", "y", "au"]
CODAS = [
    "b",
    "d",
    "f",
    "g",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "x",
    "z",
    "ck",
    "ft",
    "ld",
    "ll",
    "lm",
    "ln",
    "lt",
    "mp",
    "nd",
    "ng",
    "nk",
    "nn",
    "nt",
    "rd",
    "rk",
    "rn",
    "rt",
    "sh",
    "sk",
    "ss",
    "st",
    "th",
    "ts",
    "w",
    "y",
]
ENDINGS = [
    "a",
    "o",
    "e",
    "i",
    "us",
    "er",
    "ia",
    "on",
    "en",
    "ix",
    "ton",
    "ville",
    "burg",
    "ham",
    "ford",
    "berg",
    "ova",
    "ski",
    "sen",
    "ez",
    "ini",
    "elle",
    "ette",
    "ina",
]
ACCENTED = ["é", "è", "ü", "ö", "ä", "ñ", "ç", "í", "ó", "á", "ø", "å", "ß", "ê"]


@dataclass(frozen=True)
class Fillers:
    """What a skill fills its sentences with, drawn from one random stream."""

    random: Random

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, choices: "Sequence[T]") -> T:
        return self.random.choice(choices)

    def made_up(self) -> str:
        """A word that nobody has seen."""
        return self._piece() if self.chance(0.2) else self._syllables()

    def _piece(self) -> str:
        """A part of a known word, so that its tokens are met without the rest."""
        word = self.pick(lists.DEFINING if self.chance(0.6) else lists.OBJECTS if self.chance(0.5) else lists.DEEDS)
        start = self.random.randrange(max(1, len(word) - 3))
        return word[start : start + self.random.randint(3, 6)]

    def _syllables(self) -> str:
        random = self.random
        word = ""
        for _ in range(random.choice((1, 2, 2, 2, 3, 3))):
            word += random.choice(ONSETS) if random.random() < 0.85 else ""
            word += random.choice(NUCLEI)
            word += random.choice(CODAS) if random.random() < 0.45 else ""
        if random.random() < 0.25:
            word += random.choice(ENDINGS)
        if random.random() < 0.03:
            place = random.randrange(len(word))
            word = word[:place] + random.choice(ACCENTED) + word[place + 1 :]
        return word[:14] if len(word) > 2 else word + random.choice(CODAS) + "a"

    def scrambled(self, shortest: int = 3, longest: int = 9) -> str:
        """Letters in any order."""
        return "".join(self.random.choices(string.ascii_lowercase, k=self.random.randint(shortest, longest)))

    def lower_word(self) -> str:
        roll = self.random.random()
        if roll < 0.45:
            return self.pick(self.pick((lists.NOUNS, lists.ADJECTIVES, lists.VERBS, lists.ANIMALS, lists.COLOURS)))
        return self.made_up() if roll < 0.9 else self.scrambled()

    def cased(self, word: str) -> str:
        roll = self.random.random()
        if roll < 0.7:
            return word
        if roll < 0.9:
            return word.capitalize()
        return word.upper()

    def word(self) -> str:
        return self.cased(self.lower_word())

    def words(self, fewest: int, most: int) -> list[str]:
        return [self.word() for _ in range(self.random.randint(fewest, most))]

    def look_alikes(self) -> list[str]:
        """Words that begin or end alike, or come twice: what one letter alone does not lead through."""
        word = self.lower_word()
        others = [word[:3] + self.made_up()[:5], self.made_up()[:4] + word[-3:], word, self.lower_word(), self.word()]
        return [word, *self.random.sample(others, self.random.randint(1, 4))]

    def proper(self) -> str:
        """A made-up name of a person or a place."""
        return (self.made_up() if self.chance(0.85) else self.scrambled()).capitalize()

    def name(self) -> str:
        roll = self.random.random()
        if roll < 0.3:
            return self.pick(lists.NAMES)
        if roll < 0.9:
            return self.proper()
        if roll < 0.96:
            return f"{self.pick(lists.NAMES)} {self.proper()}"
        return self.proper().lower()

    def city(self) -> str:
        roll = self.random.random()
        if roll < 0.35:
            return self.pick(lists.CITIES)
        if roll < 0.85:
            return self.proper()
        if roll < 0.97:
            return f"{self.pick(['New', 'San', 'Port', 'Saint', 'North', 'Old', 'El', 'Los', 'Fort', self.proper()])} {self.proper()}"
        return self.proper().lower()

    def colour(self) -> str:
        return self.pick(lists.COLOURS) if self.chance(0.6) else self.made_up()

    def animal(self) -> str:
        return self.pick(lists.ANIMALS) if self.chance(0.6) else self.made_up()

    def food(self) -> str:
        return self.pick(lists.FOODS) if self.chance(0.6) else self.made_up()

    def job(self) -> str:
        if self.chance(0.6):
            return self.pick(lists.JOBS)
        return self.pick("aeiou") + self.made_up()[:8] if self.chance(0.3) else self.made_up()

    def hobby(self) -> str:
        return self.pick(lists.HOBBIES) if self.chance(0.6) else self.made_up()

    def country(self) -> str:
        return self.pick(lists.COUNTRIES) if self.chance(0.5) else self.proper()

    def integer(self, low: int = 0, high: int = 999) -> int:
        return self.random.randint(low, high)

    def number(self) -> str:
        roll = self.random.random()
        if roll < 0.5:
            return str(self.integer(0, 100))
        if roll < 0.8:
            return str(self.integer(100, 99999))
        return f"{self.integer(0, 500)}.{self.integer(1, 99)}"

    def code(self) -> str:
        """An identifier such as A7-4421."""
        letters, digits = string.ascii_uppercase, string.digits
        pattern = self.pick(("LDDD", "LL-DDDD", "DDDD", "DDDDDD", "LDL-DD", "lldd", "LLLL", "DD-DD-DD", "lDlDl", "LL_DD", "#DDDD"))
        table = {"L": letters, "D": digits, "l": string.ascii_lowercase}
        return "".join(self.pick(list(table[sign])) if sign in table else sign for sign in pattern)

    def date(self) -> str:
        year, month, day = self.integer(1950, 2035), self.integer(1, 12), self.integer(1, 28)
        return self.pick(
            (
                f"{year}-{month:02}-{day:02}",
                f"{year}-{month:02}-{day:02}",
                f"{lists.MONTHS[month - 1]} {day}",
                f"{lists.MONTHS[month - 1]} {day}, {year}",
                f"{day} {lists.MONTHS[month - 1]} {year}",
                f"{day:02}/{month:02}/{year}",
                "tomorrow",
                "today",
                self.pick(lists.DAYS),
            )
        )

    def time(self) -> str:
        hour, minute = self.integer(0, 23), self.pick((0, 15, 30, 45, self.integer(0, 59)))
        return self.pick(
            (f"{hour:02}:{minute:02}", f"{hour % 12 + 1} {self.pick(('am', 'pm'))}", f"{hour % 12 + 1}:{minute:02} pm", "noon")
        )

    def email(self) -> str:
        return f"{self.name().split()[0].lower()}@{self.made_up()}.{self.pick(('com', 'org', 'net', 'io', 'de'))}"

    def file(self) -> str:
        return (
            self.pick(lists.ARTIFACTS)
            if self.chance(0.3)
            else f"{self.made_up()}.{self.pick(('txt', 'md', 'py', 'csv', 'json', 'pdf', 'log', 'html'))}"
        )

    def phrase(self, fewest: int = 2, most: int = 7) -> str:
        """Words in a row, sensible or not."""
        if self.chance(0.5):
            return self.clause()
        return " ".join(self.lower_word() for _ in range(self.random.randint(fewest, most)))

    def clause(self) -> str:
        """A short sentence without its full stop."""
        noun, other = self.pick(lists.NOUNS), self.lower_word()
        adjective, verb = self.pick(lists.ADJECTIVES), self.pick(lists.VERBS)
        return self.pick(
            (
                f"the {adjective} {noun} is {self.pick(lists.ADJECTIVES)}",
                f"this is a {noun}",
                f"this is only a {adjective} {noun}",
                f"I {verb} the {noun} with {self.name()}",
                f"{self.name()} lives in {self.city()}",
                f"buy {self.food()} and {self.food()}",
                f"{verb} the {noun}",
                f"call {self.name()} at {self.time()}",
                f"we meet {self.name()} in {self.city()} on {self.date()}",
                f"the {noun} and the {other} {verb} at {self.time()}",
                f"I have {self.integer(2, 30)} {noun}s",
                f"there is a {other} in the {noun}",
                f"{self.name()} likes to {verb} in the {self.pick(('morning', 'evening', 'garden', 'rain'))}",
                f"meeting with {self.name()}",
                f"my {noun} is not {adjective}",
            )
        )

    def sentence(self) -> str:
        clause = self.clause()
        return clause[0].upper() + clause[1:] + self.pick((".", ".", ".", "!"))

    def roughly(self, prompt: str) -> str:
        """The prompt as people type it: sometimes without capitals or the last stop, sometimes polite."""
        roll = self.random.random()
        if roll < 0.12:
            prompt = prompt[:1].lower() + prompt[1:]
        elif roll < 0.2 and prompt[-1:] in ".?!":
            prompt = prompt[:-1]
        elif roll < 0.24:
            prompt = self.pick(("Please ", "Hey, ", "Hi! ", "OK, ", "Could you help? ", "Now ", "So, ")) + prompt
        elif roll < 0.26:
            prompt = prompt + self.pick((" Thanks!", " Please.", " Thank you.", "  ", "\n", "!"))
        return prompt
