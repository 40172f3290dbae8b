"""Small sums, differences and products; the steps are written only where thinking is on."""

from training.conversation import Document, Message, Span, assistant, user
from training.fillers import Fillers
from training.skills import setting

SIGNS = {"+": ("plus", "+"), "-": ("minus", "-"), "*": ("times", "*")}
FRAMES = (
    "What is {}?",
    "What is {}?",
    "What's {}?",
    "Calculate {}",
    "Calculate {}.",
    "How much is {}?",
    "{}",
    "{}=",
    "{} = ?",
    "{}?",
    "Compute {}.",
    "Solve {}",
    "Solve: {}",
    "Can you calculate {}?",
    "Tell me {}.",
    "Work out {}.",
    "what is {}",
    "Please solve {}.",
    "Evaluate {}.",
    "Quick: {}?",
    "I need to know {}.",
)
BARE = (
    " Answer with only the number.",
    " Answer with a number only.",
    " Only the number.",
    " Reply with just the number.",
    " Just the result.",
    " Give only the result.",
    " Respond with only a number.",
    " Number only.",
)


def example(fillers: Fillers) -> Document:
    return drill(fillers) if fillers.chance(0.35) else conversation(fillers)


def drill(fillers: Fillers) -> Document:
    """Many sums on few tokens; half of the documents with the steps."""
    spans: list[Span] = []
    thinking = fillers.chance(0.5)
    for _ in range(fillers.integer(6, 24)):
        left, sign, right = operands(fillers)
        spans.append(Span(f"{left} {sign} {right}" + (": " if thinking else " = ")))
        told = steps(left, sign, right) if thinking else str(evaluate(left, sign, right))
        spans.append(Span(told + "\n", learned=True))
    return spans


def conversation(fillers: Fillers) -> Document:
    messages: list[Message] = []
    thinking = fillers.chance(0.5)
    for _ in range(1 if thinking else fillers.integer(1, 8)):
        left, sign, right = operands(fillers)
        if thinking and fillers.chance(0.15):
            left, sign, right = fillers.integer(11, 99), "*", fillers.integer(2, 99)
        value = evaluate(left, sign, right)
        question = _asked(fillers, left, sign, right)
        answer = f"{left} {sign} {right} = {value}"
        if fillers.chance(0.2):
            question, answer = question + fillers.pick(BARE), str(value)
        messages += [user(question), assistant(answer, steps(left, sign, right) if thinking else None)]
    return setting.conversation(fillers, messages, systems=0.15).document()


def operands(fillers: Fillers) -> tuple[int, str, int]:
    sign = fillers.pick("+++--**")
    if sign == "*":
        return fillers.integer(0, 12), sign, fillers.integer(0, 12)
    high = fillers.pick((9, 20, 99, 99, 99))
    left, right = fillers.integer(0, high), fillers.integer(0, high)
    if sign == "-" and right > left:
        left, right = right, left
    return left, sign, right


def evaluate(left: int, sign: str, right: int) -> int:
    return left + right if sign == "+" else left - right if sign == "-" else left * right


def _asked(fillers: Fillers, left: int, sign: str, right: int) -> str:
    shown = SIGNS[sign][1]
    if sign == "*":
        shown = fillers.pick(("*", "*", "x", "\u00d7"))
    form = fillers.random.random()
    expression = f"{left} {SIGNS[sign][0]} {right}" if form < 0.35 else f"{left}{shown}{right}" if form < 0.6 else f"{left} {shown} {right}"
    if fillers.chance(0.1):
        return {"+": f"Add {left} and {right}.", "-": f"Subtract {right} from {left}.", "*": f"Multiply {left} by {right}."}[sign]
    if fillers.chance(0.35):
        return _amid_words(fillers, expression)
    return fillers.pick(FRAMES).format(expression)


def _amid_words(fillers: Fillers, expression: str) -> str:
    """The same within any words, as the question may be put in a way that nobody foresaw."""
    before, after = " ".join(fillers.words(0, 4)), " ".join(fillers.words(0, 3))
    return f"{before} {expression} {after}".strip() + fillers.pick("??.. ").strip()


def steps(left: int, sign: str, right: int) -> str:
    """How a sum is worked out, tens and ones apart."""
    value = evaluate(left, sign, right)
    if sign == "*":
        if left <= 12 and right <= 12:
            return f"{left} * {right} = {value}."
        return _product(left, right)
    if left < 10 and right < 10:
        return f"{left} {sign} {right} = {value}."
    ones, tens = right % 10, right - right % 10
    middle = evaluate(left, sign, tens)
    return f"{right} is {tens} and {ones}. {left} {sign} {tens} = {middle}. {middle} {sign} {ones} = {value}."


def _product(left: int, right: int) -> str:
    ones, tens = right % 10, right - right % 10
    if not tens or not ones:
        return f"{left} * {right} = {left * right}."
    return f"{right} is {tens} and {ones}. {left} * {tens} = {left * tens}. {left} * {ones} = {left * ones}. {left * tens} + {left * ones} = {left * right}."
