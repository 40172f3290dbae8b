"""Short Python functions: going on with them, filling the gap in them, writing them in a chat."""

import re

from training import lists
from training.conversation import Document, Span, assistant, foreseen, user
from training.fillers import Fillers
from training.skills import prose, setting

END = "<|endoftext|>"
KNOWN = set(
    """def return if else for in range class print main self int str bool None True False total result
    add subtract multiply divide is_even is_odd is_positive is_negative is_zero greet say_hello hello count sum_list
    factorial fibonacci length square cube double max_of_two min_of_two __init__ __name__ __main__ 0 1 2 3""".split()
)
OPERATIONS = (
    ("add", "+", "Add two numbers."),
    ("subtract", "-", "Subtract two numbers."),
    ("multiply", "*", "Multiply two numbers."),
    ("divide", "/", "Divide two numbers."),
)
CHECKS = (
    ("is_even", "% 2 == 0", "even"),
    ("is_odd", "% 2 == 1", "odd"),
    ("is_positive", "> 0", "positive"),
    ("is_negative", "< 0", "negative"),
    ("is_zero", "== 0", "zero"),
)


def example(fillers: Fillers) -> Document:
    roll = fillers.random.random()
    if roll < 0.7:
        return fill(fillers)
    if roll < 0.9:
        return going_on(fillers)
    return in_chat(fillers)


def going_on(fillers: Fillers) -> Document:
    """One to three functions in a row, as a file."""
    spans: list[Span] = []
    for left in reversed(range(fillers.integer(1, 3))):
        head, newline, body = function(fillers)[1].partition("\n")
        spans += [Span(head + newline), *foreseen(body + ("\n\n\n" if left else f"\n{END}"), _literals(body))]
    return spans


def _literals(code: str) -> list[str]:
    """What stands in quotes, and numbers of more than one digit: nobody can know them."""
    return [word for text in re.findall(r'"([^"]+)"', code) for word in re.findall(r"\w+", text)] + re.findall(r"\d\d+", code)


def fill(fillers: Fillers) -> Document:
    """A gap in a function, or in a text, between its prefix and its suffix."""
    roll = fillers.random.random()
    text = function(fillers)[1] + "\n" if roll < 0.8 else fillers.pick(prose.PLAIN_FACTS) if roll < 0.92 else prose.repeating(fillers)
    if fillers.chance(0.3) and roll < 0.8:
        text = f"{text}\n\n{function(fillers)[1]}\n"
    start, stop = _gap(fillers, text)
    prefix, middle, suffix = text[:start], text[start:stop], text[stop:]
    return [
        Span("<|fim_prefix|>"),
        Span(prefix),
        Span("<|fim_suffix|>"),
        Span(suffix),
        Span("<|fim_middle|>"),
        *foreseen(middle + END, [] if 0.8 <= roll < 0.92 else _unknown(prefix + " " + suffix, middle)),
    ]


def _unknown(around: str, middle: str) -> list[str]:
    """The words of the gap that stand nowhere around it, but for those that all code is made of."""
    return [word for word in re.findall(r"\w+", middle) if word not in KNOWN and word not in around]


def _gap(fillers: Fillers, text: str) -> tuple[int, int]:
    """Mostly whole words, lines or line ends, as an editor asks for them."""
    roll = fillers.random.random()
    if roll < 0.2:
        start, stop = fillers.pick([found.span() for found in re.finditer(r"\w+( . \w+)?", text)])
        return start, stop
    if roll < 0.6:
        return _words(fillers, text)
    breaks = [place for place, sign in enumerate(text) if sign == "\n"]
    roll = fillers.random.random()
    if roll < 0.35 and breaks:
        stop = fillers.pick(breaks)
        begin = text.rfind("\n", 0, stop) + 1
        indent = len(text[begin:stop]) - len(text[begin:stop].lstrip())
        return fillers.pick((begin, begin + indent, begin + indent)), stop
    if roll < 0.55 and breaks:
        stop = fillers.pick(breaks)
        begin = text.rfind("\n", 0, stop) + 1
        return fillers.integer(begin, stop), stop
    start, stop = sorted((fillers.integer(0, len(text)), fillers.integer(0, len(text))))
    return start, min(stop, start + 80)


def _words(fillers: Fillers, text: str) -> tuple[int, int]:
    """From where a word or a sign begins to the end of one in the same line, mostly that one or the last."""
    line = fillers.pick(list(re.finditer(r"[^\n]+", text)))
    found = [(line.start() + word.start(), line.start() + word.end()) for word in re.finditer(r"\w+|[^\w\s]+", line[0])]
    first = fillers.integer(0, len(found) - 1)
    last = fillers.pick((first, first, len(found) - 1, fillers.integer(first, len(found) - 1)))
    return found[first][0], found[last][1]


def in_chat(fillers: Fillers) -> Document:
    wish, code = function(fillers, fillers.pick((("a", "b"), ("a", "b"), ("x", "y"))))
    prompt = fillers.pick(
        (
            "Write a Python function that {}.",
            "Write a function that {}",
            "Python function that {}, please.",
            "Show me a Python function that {}.",
            "Can you write a Python function that {}?",
            "Give me Python code that {}.",
        )
    ).format(wish)
    return setting.conversation(fillers, [user(fillers.roughly(prompt)), assistant(f"```python\n{code}\n```")]).document()


def function(fillers: Fillers, names: tuple[str, str] | None = None) -> tuple[str, str]:
    """What a function does, and the function, with these names for its parameters or with any."""
    left, right = names or (_variable(fillers), _variable(fillers))
    if left == right:
        right += "2"
    if fillers.chance(0.4):
        return _operation(fillers, left, right) if fillers.chance(0.7) else _check(fillers, left)
    maker = fillers.pick(
        (
            _sum,
            _greet,
            _constant,
            _loop,
            _sum,
            _largest,
            _factorial,
            _class,
            _main,
            _length,
            _square,
        )
    )
    return maker(fillers)


def _variable(fillers: Fillers) -> str:
    if fillers.chance(0.5):
        word = fillers.pick((fillers.pick(lists.NOUNS), fillers.pick(lists.ANIMALS), fillers.made_up(), fillers.made_up()))
        return word.encode("ascii", "ignore").decode() or "word"
    return fillers.pick(
        (
            "a",
            "b",
            "x",
            "y",
            "n",
            "m",
            "value",
            "number",
            "item",
            "left",
            "right",
            "first",
            "second",
            "p",
            "q",
        )
    )


def _documented(fillers: Fillers, text: str) -> str:
    return f'    """{text}"""\n' if fillers.chance(0.2) else ""


def _operation(fillers: Fillers, left: str, right: str) -> tuple[str, str]:
    name, sign, about = fillers.pick(OPERATIONS)
    shown = name if fillers.chance(0.8) else f"{name}_{fillers.pick(('numbers', 'two', 'values'))}"
    head = f"def {shown}({left}, {right}):" if fillers.chance(0.6) else f"def {shown}({left}: int, {right}: int) -> int:"
    wish = {
        "add": "adds two numbers",
        "subtract": "subtracts two numbers",
        "multiply": "multiplies two numbers",
        "divide": "divides two numbers",
    }[name]
    return wish, f"{head}\n{_documented(fillers, about)}    return {left} {sign} {right}"


def _check(fillers: Fillers, variable: str) -> tuple[str, str]:
    name, test, word = fillers.pick(CHECKS)
    head = f"def {name}({variable}):" if fillers.chance(0.6) else f"def {name}({variable}: int) -> bool:"
    return f"checks whether a number is {word}", f"{head}\n    return {variable} {test}"


def _greet(fillers: Fillers) -> tuple[str, str]:
    return fillers.pick(
        (
            ("greets a person", 'def greet(name):\n    return f"Hello, {name}!"'),
            ("greets a person", 'def greet(name: str) -> str:\n    return f"Hello, {name}!"'),
            ("says hello", 'def say_hello():\n    print("Hello, world!")'),
            ("prints hello world", 'def hello():\n    print("Hello, world!")'),
            ("prints hello world", 'def hello_world():\n    print("Hello, world!")'),
        )
    )


def _constant(fillers: Fillers) -> tuple[str, str]:
    noun, value = (
        fillers.lower_word().encode("ascii", "ignore").decode() or "word",
        fillers.pick((str(fillers.integer(0, 999)), f'"{fillers.word()}"')),
    )
    return f"returns {value}", f"def get_{noun}():\n    {noun} = {value}\n    return {noun}"


def _loop(fillers: Fillers) -> tuple[str, str]:
    variable, count = fillers.pick(("i", "n", "number", "index")), fillers.integer(3, 100)
    return f"counts to {count}", f"def count():\n    for {variable} in range(1, {count} + 1):\n        print({variable})"


def _sum(fillers: Fillers) -> tuple[str, str]:
    items, item, total = (
        fillers.pick(("numbers", "values", "items")),
        fillers.pick(("number", "value", "item", "x")),
        fillers.pick(("total", "result")),
    )
    return (
        "sums a list",
        f"def sum_list({items}):\n    {total} = 0\n    for {item} in {items}:\n        {total} += {item}\n    return {total}",
    )


def _largest(fillers: Fillers) -> tuple[str, str]:
    left, right = fillers.pick((("a", "b"), ("x", "y"), ("first", "second")))
    word, sign = fillers.pick((("max", ">"), ("min", "<")))
    return (
        f"returns the {'larger' if word == 'max' else 'smaller'} of two numbers",
        f"def {word}_of_two({left}, {right}):\n    if {left} {sign} {right}:\n        return {left}\n    return {right}",
    )


def _factorial(fillers: Fillers) -> tuple[str, str]:
    n = fillers.pick(("n", "n", "n", "number"))
    return fillers.pick(
        (
            ("computes the factorial", f"def factorial({n}):\n    if {n} <= 1:\n        return 1\n    return {n} * factorial({n} - 1)"),
            (
                "computes Fibonacci numbers",
                f"def fibonacci({n}):\n    if {n} < 2:\n        return {n}\n    return fibonacci({n} - 1) + fibonacci({n} - 2)",
            ),
        )
    )


def _class(fillers: Fillers) -> tuple[str, str]:
    name = fillers.pick(lists.NOUNS).capitalize()
    first, second = fillers.pick((("x", "y"), ("name", "age"), ("width", "height"), ("name", "color")))
    return (
        f"makes a {name.lower()}",
        f"class {name}:\n    def __init__(self, {first}, {second}):\n        self.{first} = {first}\n        self.{second} = {second}",
    )


def _main(fillers: Fillers) -> tuple[str, str]:
    word = fillers.phrase(1, 3).replace('"', "")
    return f"prints {word}", f'def main():\n    print("{word}")\n\n\nif __name__ == "__main__":\n    main()'


def _length(fillers: Fillers) -> tuple[str, str]:
    name = fillers.pick(("text", "items", "words", "values"))
    return f"returns the length of {name}", f"def length({name}):\n    return len({name})"


def _square(fillers: Fillers) -> tuple[str, str]:
    variable, (name, times) = fillers.pick(("x", "n", "number")), fillers.pick((("square", 2), ("cube", 3), ("double", 0)))
    return (
        f"computes the {name} of a number",
        f"def {name}({variable}):\n    return {variable} {'* 2' if not times else ' '.join(['*', variable] * (times - 1))}",
    )
