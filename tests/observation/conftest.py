import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest


class Kept(logging.Handler):
    """The records of a logger."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def listening(name: str) -> Iterator[Kept]:
    """Keep what a logger is told, from INFO on."""
    logger, handler = logging.getLogger(name), Kept()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.fixture
def keep() -> Iterator[Callable[[str], Kept]]:
    """Keeps what the logger of that name is told while a test runs."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(listening(name))
