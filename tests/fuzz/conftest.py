import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("PUNA_FUZZ_EXAMPLES", "4"))
"""How many cases each test tries: a few in `make test`, many in `make fuzz`."""

settings.register_profile(
    "fuzz", max_examples=EXAMPLES, deadline=None, suppress_health_check=[*HealthCheck], derandomize=EXAMPLES <= 10
)
settings.load_profile("fuzz")
