"""A person at a terminal: sees the screen and types."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pexpect
import pyte

from tests.cli.puna import Puna

ROWS, COLUMNS = 150, 100
PROMPT = ">>> Send a message (/? for help)"
SECONDS = 100
CTRL_C, CTRL_D, UP = "\x03", "\x04", "\x1b[A"


class Emulator(pyte.Screen):
    """A screen that answers where its cursor is, which line editors ask."""

    def __init__(self, program: "pexpect.spawn[bytes]") -> None:
        super().__init__(COLUMNS, ROWS)
        self._program = program

    def write_process_input(self, data: str) -> None:
        self._program.send(data)


class Terminal:
    """A program on a terminal whose screen an emulator keeps."""

    def __init__(self, program: "pexpect.spawn[bytes]") -> None:
        self._program = program
        self._screen = Emulator(program)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What is on the screen."""
        rows = self._screen.buffer  # `display` draws all rows anew, which takes most of a test's time
        lines = ("".join(rows[y][x].data for x in range(COLUMNS)) if y in rows else "" for y in range(ROWS))
        return "\n".join(line.rstrip() for line in lines).rstrip()

    def until(self, holds: Callable[[str], bool]) -> str:
        """Wait until that is true of the screen."""
        while not holds(self.text):
            try:
                self._stream.feed(self._program.read_nonblocking(1 << 16, SECONDS))
            except (pexpect.EOF, pexpect.TIMEOUT) as error:
                raise AssertionError(f"{type(error).__name__}; the screen:\n{self.text}") from None
        return self.text

    def until_prompt(self) -> str:
        """Wait until something can be typed."""
        return self.until(lambda text: text.endswith(PROMPT))

    def press(self, keys: str) -> None:
        self._program.send(keys)

    def enter(self, line: str, *, mark: str = ">>> ") -> None:
        """Type a line that was not typed before, and send it."""
        self.press(line)
        self.until(lambda text: f"{mark}{line}" in text)
        self.press("\r")

    def say(self, line: str) -> str:
        """Type a line that was not typed before; what is on the screen after it when the next one can be typed."""
        self.enter(line)
        return self.until_prompt().rpartition(f">>> {line}")[2].removesuffix(PROMPT).strip()

    def end(self) -> int:
        """Wait for the program's end; its exit code."""
        self._stream.feed(self._program.read() or b"")
        return int(self._program.wait())


def heed_ctrl_c() -> None:
    """A shell that starts tests in its background has them, and what they start, ignore the signal."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def terminal(puna: Puna, *arguments: str) -> Iterator[Terminal]:
    """`puna` with these arguments, on a terminal."""
    program: pexpect.spawn[bytes] = pexpect.spawn(
        sys.executable,
        ["-m", "puna", *arguments],
        env={**puna.environment, "TERM": "xterm-256color"},
        cwd=str(puna.folder),
        dimensions=(ROWS, COLUMNS),
        timeout=SECONDS,
        preexec_fn=heed_ctrl_c,
    )
    program.delaybeforesend = None
    try:
        yield Terminal(program)
    finally:
        program.close(force=True)


@contextmanager
def session(puna: Puna, *arguments: str) -> Iterator[Terminal]:
    """`puna run` with these arguments, at its first prompt."""
    with terminal(puna, "run", *arguments) as opened:
        opened.until_prompt()
        yield opened
