"""Two targets under the same load, by turns, so that what drifts on the machine drifts for both."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.load import Burst, Target, send_burst


@dataclass(frozen=True, slots=True)
class Pair:
    """The same load on both, one right after the other."""

    alone: Burst
    through: Burst

    @property
    def throughput(self) -> float:
        """Tokens per second through Puna over the engine alone."""
        return self.through.rate / self.alone.rate

    @property
    def delay(self) -> float:
        """How many milliseconds later the first token came through Puna."""
        return (self.through.first - self.alone.first) * 1000


@dataclass(frozen=True, slots=True)
class Summary:
    """The median of the pairs, and the quartiles around it, which show how quiet the machine was."""

    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, pairs: list[Pair], measure: Callable[[Pair], float]) -> "Summary":
        values = [measure(pair) for pair in pairs]
        lower, _, upper = quantiles(values if len(values) > 1 else values * 2, n=4, method="inclusive")
        return cls(median(values), lower, upper)


async def compare(alone: Target, through: Target, *, streams: int, tokens: int, pairs: int) -> list[Pair]:
    """Put both under the same load `pairs` times, after one round that does not count. Who goes first alternates,
    and both see the same prompts in the same order, so that their prompt caches are alike."""
    measured: list[Pair] = []
    for turn in range(pairs + 1):
        prompts = [f"Turn {turn}, stream {stream}: tell me about the lighthouse." for stream in range(streams)]
        if turn % 2:
            first = await send_burst(alone, prompts, tokens)
            measured.append(Pair(first, await send_burst(through, prompts, tokens)))
        else:
            first = await send_burst(through, prompts, tokens)
            measured.append(Pair(await send_burst(alone, prompts, tokens), first))
    return measured[1:]
