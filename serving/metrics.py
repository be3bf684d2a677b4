"""The service's figures as Prometheus reads them. Labels are routes, codes and model ids: nothing of what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kolmatch.errors import BundleError
from serving.answers import LiveModel
from serving.service import Ranking
from serving.siblings import Siblings

# Seconds: a shortlist takes some tens of milliseconds, and who waits two seconds has a problem.
_BUCKETS: Final = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """Counts the requests of one application; the rest is read when Prometheus asks.

    With `siblings` it is one of several workers, and the answer holds the figures of all.
    """

    def __init__(self, live: LiveModel, ranking: Ranking, siblings: Siblings | None = None) -> None:
        self._siblings = siblings
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "kolmatch_requests", "Requests answered", ("method", "route", "status"), registry=self._registry
        )
        self._refusals = Counter(
            "kolmatch_refusals", "Refusals by code of docs/api.md", ("code",), registry=self._registry
        )
        self._seconds = Histogram(
            "kolmatch_request_seconds", "Time to answer", ("route",), buckets=_BUCKETS, registry=self._registry
        )
        self._registry.register(_Model(live))
        self._registry.register(_Queue(ranking))

    def count(self, method: str, route: str, status: int, seconds: float, refusal: str | None) -> None:
        """Count an answered request; `refusal` is the code of its problem."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if refusal is not None:
            self._refusals.labels(refusal).inc()

    def rendered(self) -> bytes:
        """All figures in Prometheus' text format 0.0.4."""
        return self._siblings.merged(self._own()) if self._siblings else self._own()

    def told(self) -> AbstractContextManager[None]:
        """Tell this worker's figures to the others beside the block."""
        return self._siblings.telling(self._own) if self._siblings else nullcontext()

    def _own(self) -> bytes:
        return generate_latest(self._registry)


class _Model(Collector):
    """Which model is live, how old its data are, and how changing it went."""

    def __init__(self, live: LiveModel) -> None:
        self._live = live

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily("kolmatch_model_swaps", "Models that became live", value=self._live.swaps)
        refused = float(self._live.refused is not None)
        yield GaugeMetricFamily("kolmatch_model_refused", "1 while the newest model is refused", value=refused)
        try:
            model = self._live.loaded()
        except BundleError:
            return
        manifest = model.answers.manifest
        info = GaugeMetricFamily("kolmatch_model_info", "The live model", labels=("bundle_id", "version", "month"))
        info.add_metric((manifest.bundle_id, str(model.version), manifest.created_month), 1.0)
        yield info
        until = model.answers.data_until
        if until is not None:
            text = "When the newest post was published that the live model knows"
            yield GaugeMetricFamily("kolmatch_model_data_until_timestamp_seconds", text, value=until.timestamp())


class _Queue(Collector):
    """How many wait for a core."""

    def __init__(self, ranking: Ranking) -> None:
        self._ranking = ranking

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "kolmatch_ranking_waiting", "Rankings that wait for a core", value=self._ranking.waiting
        )
