"""`python -m benchmarks`, which `make bench` runs."""

import asyncio

from benchmarks.bench import read_arguments, run

asyncio.run(run(read_arguments()))
