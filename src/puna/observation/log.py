"""The log: lines for a person at a terminal, JSON for programs."""

import logging
import sys
import time
from collections.abc import Mapping
from typing import Any

import orjson

LOGGERS = ("puna", "uvicorn")
"""Everything that a server logs goes through these."""
ACCESS = "puna.access"


def set_up(form: str, *, debug: bool) -> None:
    """Log to standard error: `text`, `json`, or `auto`, which is text where that is a terminal."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(form, terminal=sys.stderr.isatty()))
    for name in (*LOGGERS, "uvicorn.error", ACCESS):
        logger = logging.getLogger(name)
        logger.handlers = [handler] if name in LOGGERS else []
        logger.propagate = name not in LOGGERS
        logger.setLevel(logging.INFO)
    logging.getLogger("puna").setLevel(logging.DEBUG if debug else logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(
        logging.WARNING
    )  # Puna says itself where it listens, and when it ends


def formatter(form: str, *, terminal: bool) -> logging.Formatter:
    """Text for people, or JSON for programs."""
    return TextFormatter() if form == "text" or (form == "auto" and terminal) else JsonFormatter()


class JsonFormatter(logging.Formatter):
    """One JSON object a line. A request's line is its fields."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name == ACCESS:
            return record.getMessage()
        fields = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(record.created)),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(fields).decode()


class TextFormatter(logging.Formatter):
    """One short line each."""

    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        if record.name == ACCESS:
            return f"{clock} {request_line(record.__dict__['fields'], record.__dict__['reason'])}"
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        text = f"{clock} {level}{record.getMessage()}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def request_line(fields: Mapping[str, Any], reason: str) -> str:
    """A request for a person: `POST /v1/chat/completions 200 0.52s tiny:latest 34+12 tokens`."""
    parts = [fields["method"], fields["path"], str(fields["status"]), f"{fields['ms'] / 1000:.2f}s"]
    if "model" in fields:
        parts += [fields["model"], f"{fields['prompt_tokens']}+{fields['completion_tokens']} tokens"]
    line = " ".join(parts)
    return f"{line}: {reason}" if reason else line
