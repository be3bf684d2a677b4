"""The figures of all workers in each one's answer: Prometheus asks one address and gets whichever worker takes it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

LABEL: Final = "worker"
_EVERY_S: Final = 1.0  # how old another worker's figures may be; Prometheus asks every 15 s or so
_SUFFIX: Final = ".prom"
_log = logging.getLogger("kolmatch.serving")


class Siblings:
    """Files in a folder that the workers of one service share, one each, named by the worker's number."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._number = number

    @contextmanager
    def telling(self, figures: Callable[[], bytes]) -> Iterator[None]:
        """Write this worker's figures for the others, again and again beside the block."""
        ended = threading.Event()

        def tell() -> None:
            while not ended.wait(_EVERY_S):
                self._try_to_publish(figures())

        self._try_to_publish(figures())
        thread = threading.Thread(target=tell, name="figures", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def publish(self, figures: bytes) -> None:
        """Write this worker's figures, in Prometheus' text format, for the others to read."""
        fresh = self._folder / f"{self._number}.new"
        fresh.write_bytes(figures)
        fresh.replace(self._folder / f"{self._number}{_SUFFIX}")

    def _try_to_publish(self, figures: bytes) -> None:
        """A full disk costs the others these figures, nothing else."""
        try:
            self.publish(figures)
        except OSError as error:
            _log.warning("figures of worker %d could not be written: %s", self._number, error.strerror)

    def merged(self, own: bytes) -> bytes:
        """This worker's figures and what the others wrote last, each sample with its worker's number."""
        told = {file.stem: file.read_text("utf-8") for file in self._folder.glob(f"*{_SUFFIX}")}
        told[str(self._number)] = own.decode("utf-8")
        registry = CollectorRegistry()
        registry.register(_Told(told))
        return generate_latest(registry)


class _Told(Collector):
    """What workers wrote, family by family."""

    def __init__(self, told: Mapping[str, str]) -> None:
        self._told = told

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for number, text in sorted(self._told.items()):
            for told in text_string_to_metric_families(text):
                family = families.setdefault(told.name, Metric(told.name, told.documentation, told.type))
                for sample in told.samples:
                    family.add_sample(sample.name, {**sample.labels, LABEL: number}, sample.value)
        yield from families.values()
