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


def use(function):
    """Use the client in that way now, and report whether it works."""
    error = None
    try:
        if inspect.iscoroutinefunction(function):
            asyncio.run(function())
        else:
            function()
    except BaseException as failure:  # noqa: BLE001 - some clients exit
        error = "".join(traceback.format_exception(failure))[-3000:]
    print("\n" + json.dumps({"use": function.__name__, "error": error}), flush=True)
    return function
