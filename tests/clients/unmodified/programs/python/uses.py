"""What the programs beside it share: where the server is, and a report of each use. Only the standard library."""

import asyncio
import inspect
import json
import os
import traceback

URL = os.environ["PUNA_URL"]
BASE_URL = f"{URL}/v1"
KEY = "unused"
MODEL = "tiny"
CLIENT = os.environ["PUNA_CLIENT"]
ASK = "Say this is a test"
ANSWER = "This is a test."
LOOP = asyncio.new_event_loop()
"""One for all uses: some clients keep connections of it."""


def use(function):
    """Use the client in that way now, and report whether it works."""
    error = None
    try:
        if inspect.iscoroutinefunction(function):
            LOOP.run_until_complete(function())
        else:
            function()
    except BaseException as failure:
        error = "".join(traceback.format_exception(failure))[-3000:]
    print("\n" + json.dumps({"use": function.__name__, "error": error}), flush=True)
    return function
