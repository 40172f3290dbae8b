"""The server's numbers, for Prometheus."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from puna import __version__
from puna.observation.journal import Entry
from puna.scheduler import Scheduler

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST
FIRST_TOKEN_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
TOKEN_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
UPSTREAM = ("model", "upstream")
REQUEST_BUCKETS = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


KEPT = 1024
"""How many metrics with their labels are kept at hand."""


class Metrics:
    """What `/metrics` shows. Nothing here is touched for a token: a request counts when it is over, and what the
    scheduler knows is asked of it when somebody looks."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._registry = CollectorRegistry()
        self._labelled = lru_cache(KEPT)(labelled)
        self._scheduler = SchedulerCollector(scheduler)
        self._registry.register(self._scheduler)
        prometheus_client.ProcessCollector(registry=self._registry)
        prometheus_client.Info("puna", "The server.", registry=self._registry).info({"version": __version__})
        self._requests = prometheus_client.Counter(
            "puna_requests", "Finished requests.", ("path", "status"), registry=self._registry
        )
        self._request_seconds = self._histogram(
            "puna_request_seconds", "Time from a request's arrival to the end of its answer.", "path", REQUEST_BUCKETS
        )
        self._tokens = prometheus_client.Counter(
            "puna_tokens", "Tokens by kind: prompt, cached (part of prompt), completion.",
            ("model", "kind"), registry=self._registry,
        )  # fmt: skip
        self._key_requests = prometheus_client.Counter(
            "puna_key_requests", "Finished requests, by the name of their API key.", ("key", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._key_tokens = prometheus_client.Counter(
            "puna_key_tokens", "Tokens, by the name of the API key.", ("key", "kind"), registry=self._registry
        )
        self._first_token = self._histogram(
            "puna_time_to_first_token_seconds", "Time from a request's arrival to its first token.", "model",
            FIRST_TOKEN_BUCKETS,
        )  # fmt: skip
        self._token = self._histogram(
            "puna_time_per_token_seconds", "Average time between two tokens of a request.", "model", TOKEN_BUCKETS
        )
        self._retries = prometheus_client.Counter(
            "puna_retries", "Requests moved to another engine because theirs was lost.", ("model",),
            registry=self._registry,
        )  # fmt: skip

    def observe(self, entry: Entry, path: str, status: int, seconds: float) -> None:
        """Count a request that is over."""
        self._labelled(self._requests, path, str(status)).inc()
        self._labelled(self._request_seconds, path).observe(seconds)
        if entry.owner:
            self._labelled(self._key_requests, entry.owner, str(status)).inc()
        if not entry.model:
            return
        counts = {"prompt": entry.prompt_tokens, "cached": entry.cached_tokens, "completion": entry.completion_tokens}
        for kind, count in counts.items():
            self._labelled(self._tokens, entry.model, kind).inc(count)
            if entry.owner:
                self._labelled(self._key_tokens, entry.owner, kind).inc(count)
        if entry.retries:
            self._labelled(self._retries, entry.model).inc(entry.retries)
        if (first := entry.first_token_seconds) is not None:
            self._labelled(self._first_token, entry.model).observe(first)
        if (each := entry.token_seconds) is not None:
            self._labelled(self._token, entry.model).observe(each)

    async def render(self) -> bytes:
        """Prometheus's text format. It is written in a thread: numbers of the process stand in a dozen files."""
        self._scheduler.look()
        return await asyncio.to_thread(prometheus_client.generate_latest, self._registry)

    def _histogram(self, name: str, documentation: str, label: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, documentation, (label,), buckets=buckets, registry=self._registry)


def labelled(metric: Any, *labels: str) -> Any:
    """The part of a metric that has these labels. The library finds it under a lock and checks each label."""
    return metric.labels(*labels)


class SchedulerCollector(Collector):
    """The scheduler's state at the moment it was looked at, which only the event loop may do."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.look()

    def look(self) -> None:
        """See what the state is now."""
        self._seen = list(self._families())

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        return self._seen

    def _families(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        scheduler = self._scheduler
        yield GaugeMetricFamily("puna_queue_length", "Requests waiting for an engine.", value=scheduler.waiting)
        yield by_model(CounterMetricFamily("puna_loads", "Engines started.", labels=["model"]), scheduler.loads)
        evictions = CounterMetricFamily("puna_evictions", "Engines unloaded to make room.", labels=["model"])
        yield by_model(evictions, scheduler.evictions)
        crashes = CounterMetricFamily("puna_crashes", "Engines that ended unexpectedly.", labels=["model"])
        yield by_model(crashes, scheduler.losses)
        memory = GaugeMetricFamily("puna_memory_bytes", "Memory reserved for a model.", labels=["model", "kind"])
        active = GaugeMetricFamily("puna_active_requests", "Requests using a model.", labels=["model"])
        up = GaugeMetricFamily("puna_upstream_up", "Whether another server answers.", labels=UPSTREAM)
        busy = GaugeMetricFamily("puna_upstream_active_requests", "Requests that it has now.", labels=UPSTREAM)
        asked = CounterMetricFamily("puna_upstream_requests", "Requests sent to it.", labels=UPSTREAM)
        failed = CounterMetricFamily("puna_upstream_failures", "How often it failed.", labels=UPSTREAM)
        for snapshot in scheduler.snapshots():
            model = snapshot.models[0]
            for server in snapshot.servers:
                labels = [model, server.url]
                up.add_metric(labels, server.up)
                busy.add_metric(labels, server.active)
                asked.add_metric(labels, server.requests)
                failed.add_metric(labels, server.failures)
            for device, size in snapshot.footprint.devices.items():
                memory.add_metric([model, device], size)
            active.add_metric([model], snapshot.leases)
        yield memory
        yield active
        yield from (up, busy, asked, failed)


def by_model(family: CounterMetricFamily, counts: Counter[str]) -> CounterMetricFamily:
    """The family with one count for each model."""
    for model, count in counts.items():
        family.add_metric([model], count)
    return family
