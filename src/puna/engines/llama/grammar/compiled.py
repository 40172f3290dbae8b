"""From what an answer has to be to a grammar that llguidance is known to take. Runs in a worker."""

import itertools
import json
import re
import string
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from llguidance import LLMatcher, LLParserLimits, LLTokenizer
from llguidance._tokenizer import TokenizerWrapper

from puna.core.formats import Format, FormedText, FreeText, JsonSchema
from puna.core.tools import TextGrammar, Tool
from puna.engines.llama.grammar.arguments import Arguments
from puna.engines.llama.grammar.begun import BegunCalls
from puna.engines.llama.grammar.formats import FORMATS
from puna.engines.llama.grammar.in_string import TextError
from puna.engines.llama.grammar.lark import COMPACT, HEAD, UNFORCED, Answer
from puna.engines.llama.grammar.plain import plain
from puna.engines.llama.grammar.plan import Compiled, Guidance, Plan, Refusal
from puna.engines.llama.grammar.relaxed import Relaxed
from puna.engines.llama.grammar.repeated import once
from puna.engines.llama.grammar.text import Definition, Expression, standing_alone
from puna.engines.llama.markup import HARMONY
from puna.structured.document import Document, SchemaError
from puna.structured.inhabited import Inhabited
from puna.structured.keywords import Path, subschemas

LONGEST = 0.1
"""How many seconds of processor time a grammar may take to compile. The engine does it again, and nothing beside."""
LARGEST, UNTRIED = 200_000, 30_000
MOST_ALTERNATIVES = {"anyOf": 1000, "enum": 20_000}
"""What is larger is refused at once. A schema of up to `UNTRIED` bytes needs no trial by itself."""
QUANTIFIER = re.compile(r"[*+{]")
STEPS, STRIDE = 12, 7919
STRICT = LLParserLimits(step_lexer_fuel=10_000)
"""A pattern may take a twentieth of what llguidance allows at a character: an engine that meets the limit on the way
gives the whole grammar up."""
DROPPED = ("multipleOf", "maxLength", "minLength", "pattern", "allOf")
END = 256
MOST_DROPPED = 20
"""So many parts of a schema that llguidance can't read may be left to be checked."""
NOTHING, TOO_LONG = "nothing fits it", "it takes too long to compile"
TOKEN, SIGN = re.compile(r"<\[\d+\]>"), r'"\\u0001"'
"""A token of the model's, which the vocabulary of bytes does not have, and what stands for it where grammars are
tried."""
ALL = ("all of it",)
"""What an engine does not hold for sure that has no llguidance, or none that can be relied on."""
ANY_OBJECT: Mapping[str, Any] = {"type": "object"}


class Tokens:
    """A vocabulary of single bytes and pairs of letters, so that a mask costs about what it costs an engine."""

    eos_token_id = END
    bos_token_id = None
    special_token_ids = (END,)

    def __init__(self) -> None:
        letters = string.ascii_letters + string.digits + " _-."
        pairs = map("".join, itertools.product(letters, repeat=2))
        self.tokens = (*(bytes([byte]) for byte in range(END)), b"\xff</s>", *(pair.encode() for pair in pairs))

    def __call__(self, text: str | bytes) -> list[int]:
        return list(text.encode() if isinstance(text, str) else text)


TOKENS = Tokens()
TOKENIZER = LLTokenizer(TokenizerWrapper(TOKENS))


def compile_answer(plan: Plan) -> Compiled | Refusal:
    """The grammar of an answer, or why there is none."""
    try:
        if plan.guidance is Guidance.NONE:
            unheld = list[str]()
            return Compiled(json.dumps(plain(settled(schema_of(plan.form), None, unheld))), ALL)
        # Nearly always all parts are taken as they are: then one trial of the whole is enough.
        return at_once(plan) or piecewise(plan)
    except RefusedPart as refused:
        return refused.refusal


def at_once(plan: Plan) -> Compiled | None:
    """The grammar whose parts were not tried by themselves; None where it is not taken, or has only one part."""
    if not plan.tools and not plan.thinking:
        return None
    try:
        compiled = Composition(plan, tried=False).compiled()
    except NeedsTrial:
        return None
    return None if problem_of(TOKEN.sub(SIGN, compiled.grammar)) else compiled


def piecewise(plan: Plan) -> Compiled | Refusal:
    """The grammar of parts that were tried one by one, so that it is known which one is not taken."""
    compiled = Composition(plan, tried=True).compiled()
    # JSON alone was tried by itself.
    if (plan.tools or plan.thinking) and (problem := problem_of(TOKEN.sub(SIGN, compiled.grammar))):
        return Refusal(f"it can't be compiled: {problem}")
    return compiled


class NeedsTrial(Exception):
    """A part has to be tried by itself."""


class RefusedPart(Exception):
    """A schema or a grammar that is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class Composition:
    """A grammar that is put together of its parts. Each is `tried` by itself, or none is."""

    def __init__(self, plan: Plan, *, tried: bool) -> None:
        self._plan = plan
        self._tried = tried
        self._answer = Answer(plan.control)
        self._unheld: list[str] = []

    def compiled(self) -> Compiled:
        """The grammar. Raises RefusedPart, and NeedsTrial where no part is tried."""
        plan = self._plan
        body, spaced = self._body()
        head = UNFORCED if plan.chosen else HEAD
        source = self._answer.source(body, plan.thinking, begun=plan.begun, spaced=spaced, head=head)
        return Compiled(source, tuple(self._unheld) if plan.guidance is Guidance.SURE else ALL)

    def _body(self) -> tuple[str, bool]:
        """The rule of the answer without its thinking, and whether white space may stand before it."""
        answer, plan = self._answer, self._plan
        if plan.chosen:
            return BegunCalls(answer, plan.tools, plan.shape, plan.specials).rule(self._arguments()), False
        if plan.shape == HARMONY:
            return self._harmony(), False
        if not plan.tools:
            return self._form(), True
        calls = answer.calls(plan.tools, self._arguments(), plan.shape, several=plan.several)
        if plan.forced:
            return answer.required(calls, plan.shape), True
        if not isinstance(plan.form, FreeText):
            return answer.either(answer.required(calls, plan.shape), self._form()), True
        return answer.optional(calls, plan.shape), False

    def _harmony(self) -> str:
        """The rule of an answer in the Harmony format. Its end is the end of a call, so there is one."""
        answer, plan = self._answer, self._plan
        arguments = self._arguments()
        calls = body = None
        if plan.tools:
            calls = answer.required(answer.calls(plan.tools, arguments, plan.shape, several=False), plan.shape)
        if not isinstance(plan.form, FreeText):
            body = self._form()
        return answer.harmony(calls, body, forced=plan.forced)

    def _form(self) -> str:
        form = self._plan.form
        if isinstance(form, FormedText):
            return self._answer.rule("answer_text", settled_answer(form.form))
        return self._answer.json("answer_json", self._settled(schema_of(form), None, self._unheld))

    def _arguments(self) -> list[str]:
        return [self._arguments_of(tool, f"arguments{number}") for number, tool in enumerate(self._plan.tools)]

    def _arguments_of(self, tool: Tool, name: str) -> str:
        """The arguments of a tool. They fit their schema: always if forced or strict, else as far as a grammar
        holds."""
        answer = self._answer
        if tool.text is not None:
            return answer.text_argument(name, settled_text(tool, tool.text))
        schema: Mapping[str, Any] = {**tool.parameters, "type": "object"}
        if self._plan.forced or tool.strict:
            return answer.json(name, self._settled(schema, tool.name, self._unheld))
        try:
            return Arguments(answer, name, self._settled(schema, tool.name, [])).rule
        except RefusedPart:
            return answer.json(name, ANY_OBJECT)

    def _settled(self, schema: Mapping[str, Any], tool: str | None, unheld: list[str]) -> Mapping[str, Any]:
        return settled(schema, tool, unheld, tried=self._tried)


def schema_of(form: Format) -> Mapping[str, Any]:
    return form.schema if isinstance(form, JsonSchema) else ANY_OBJECT


def settled_text(tool: Tool, form: TextGrammar) -> Expression | Definition:
    """The form of a custom tool's text, which llguidance is known to take."""
    try:
        text = Definition(form.definition) if form.syntax == "lark" else Expression(form.definition)
        answer = Answer({})
        source = answer.source(answer.text_argument("text", text), None, begun=False, spaced=False)
    except (TextError, RecursionError) as error:
        reason = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise RefusedPart(Refusal(reason, (), tool.name, of_text=True)) from error
    if problem := problem_of(source):
        raise RefusedPart(Refusal(problem, (), tool.name, of_text=True))
    return text


def settled_answer(form: TextGrammar) -> str:
    """The rule of an answer's text, which llguidance is known to take."""
    try:
        rule = standing_alone(form)
    except (TextError, RecursionError) as error:
        reason = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise RefusedPart(Refusal(reason, of_text=True)) from error
    if problem := problem_of(f"{HEAD}start: {rule}\n"):
        raise RefusedPart(Refusal(problem, of_text=True))
    return rule


def settled(
    schema: Mapping[str, Any], tool: str | None, unheld: list[str], *, tried: bool = True
) -> Mapping[str, Any]:
    """The part of a schema that llguidance is known to take, or may take where it is not `tried`; the places of the
    rest go to `unheld`."""
    try:
        document = Document(schema)
        Inhabited(document).check()
        document.validator()
        relaxed, rest = takeable(document) if tried else promising(document)
    except SchemaError as error:
        raise RefusedPart(Refusal(error.message, error.path, tool)) from error
    except RecursionError as error:
        raise RefusedPart(Refusal("it nests too deep", (), tool)) from error
    unheld += [".".join(path) for path in rest]
    return relaxed


def promising(document: Document) -> tuple[Mapping[str, Any], list[Path]]:
    """The relaxed form that most schemas are taken in. Raises SchemaError, and NeedsTrial where it is large, or could
    have no beginning, which a trial of the whole does not show."""
    relaxed = Relaxed(document)
    check_size(relaxed.schema)
    if relaxed.schema.get("type") != "object" or len(json.dumps(relaxed.schema)) > UNTRIED:
        raise NeedsTrial
    return relaxed.schema, [*relaxed.unheld, *leave_hard_patterns(relaxed.schema)]


def takeable(document: Document) -> tuple[Mapping[str, Any], list[Path]]:
    """The first relaxed form that compiles. Raises SchemaError."""
    for narrow in (True, False):
        relaxed = Relaxed(document, narrow=narrow)
        check_size(relaxed.schema)
        unheld = [*relaxed.unheld, *leave_hard_patterns(relaxed.schema)]
        for _ in range(MOST_DROPPED):
            problem = problem_of(json_source(relaxed.schema))
            if problem is None:
                return relaxed.schema, unheld
            if problem == NOTHING:
                break
            if problem == TOO_LONG or "too big" in problem:
                raise SchemaError(f"it is too large or too complex: {problem}")
            path = culprit(relaxed.schema)
            unheld.append((*path, drop(relaxed.schema, path)))
    if problem == NOTHING:
        raise SchemaError(NOTHING, culprit(relaxed.schema))
    raise SchemaError(f"it is too complex: {problem}")


def check_size(schema: Mapping[str, Any]) -> None:
    """Raises SchemaError where a schema is larger than a grammar may be, without trying that out."""
    for path, part in walk(schema):
        for word in ("anyOf", "enum"):
            if len(part.get(word, ())) > MOST_ALTERNATIVES[word]:
                raise SchemaError(f"it has more than {MOST_ALTERNATIVES[word]} alternatives", path)
    if len(json.dumps(schema)) > LARGEST:
        raise SchemaError(f"it is too large: a grammar holds about {LARGEST // 1000} kB of schema")


def walk(schema: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All schemas in one, with it."""
    if isinstance(schema, dict):
        yield path, schema
        for inner, part in subschemas(schema, path):
            yield from walk(part, inner)


def leave_hard_patterns(schema: Mapping[str, Any]) -> list[Path]:
    """Take the patterns out that would cost the engine too much at every character; their places."""
    left = []
    for path, part in walk(schema):
        if "pattern" in part and is_hard(part["pattern"], part.get("minLength"), part.get("maxLength")):
            del part["pattern"]
            left.append((*path, "pattern"))
    return left


@lru_cache(maxsize=1024)
def is_hard(pattern: str, least: int | None, most: int | None) -> bool:
    """Whether a pattern costs too much, or can't be taken, with those lengths."""
    if pattern in FORMATS.values() or (len(pattern) < 100 and len(QUANTIFIER.findall(pattern)) < 4):
        return False
    lengths = {word: count for word, count in (("minLength", least), ("maxLength", most)) if count is not None}
    return problem_of(json_source({"type": "string", "pattern": pattern, **lengths}), steps=STEPS) is not None


def json_source(schema: Mapping[str, Any]) -> str:
    return f"{HEAD}start: %json " + json.dumps({**once(schema), "x-guidance": COMPACT})


def problem_of(source: str, steps: int = 0) -> str | None:
    """Why llguidance does not take a grammar. That it lets nothing through, or takes long, is a reason as well. Of a
    text of that many `steps` each is looked at."""
    begun = time.process_time()
    matcher = LLMatcher(TOKENIZER, source, log_level=0, limits=STRICT if steps else None)
    mask = b"" if matcher.is_error() else matcher.compute_bitmask()
    if not matcher.is_error():
        if not any(mask) or (matcher.is_stopped() and not matcher.is_accepting()):
            return NOTHING
        for step in range(steps):
            if time.process_time() - begun > LONGEST:
                return TOO_LONG
            if not matcher.consume_token(allowed(mask, step * STRIDE)) or matcher.is_stopped():
                break
            mask = matcher.compute_bitmask()
        if not matcher.is_error():
            return TOO_LONG if time.process_time() - begun > LONGEST else None
    return shortened(matcher.get_error())


def allowed(mask: bytes, start: int) -> int:
    """A token of a mask: the first one from a place on, or from the beginning."""
    count = len(TOKENS.tokens)
    tokens = ((start + step) % count for step in range(count))
    return next(token for token in tokens if mask[token // 8] >> token % 8 & 1)


def shortened(message: str) -> str:
    """llguidance's reason, without where it stands in a grammar that nobody has seen."""
    if "NoExtension" in message or "Unsatisfiable" in message:
        return NOTHING
    line = message.split("\n   1 |")[0].split("<state>")[0].strip()
    for before in ("failed to compile JSON schema: ", "Parser Error: "):
        line = line.rpartition(before)[2]
    return line.splitlines()[-1].strip()[:200] if line else "it can't be compiled"


def culprit(schema: Mapping[str, Any]) -> Path:
    """The innermost part of a relaxed schema that llguidance does not take by itself."""
    definitions = schema.get("$defs", {})

    def search(part: Any, path: Path) -> Path:
        for inner, child in subschemas(part, path):
            whole = {**child, "$defs": definitions} if isinstance(child, dict) else None
            if whole and problem_of(json_source(whole)):
                return search(child, inner)
        return path

    return search(schema, ())


def drop(schema: Any, path: Path) -> str:
    """Take out of a relaxed schema's part what llguidance does not take: one keyword if that is enough, else all but
    its type. The keyword, or nothing."""
    for step in path:
        schema = schema[int(step)] if isinstance(schema, list) else schema[step]
    for word in DROPPED:
        if word in schema and not problem_of(json_source({name: schema[name] for name in schema if name != word})):
            del schema[word]
            return word
    kept = {name: value for name, value in schema.items() if name in ("type", "$defs")}
    schema.clear()
    schema.update(kept)
    return ""
