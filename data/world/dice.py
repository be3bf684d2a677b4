"""Many small random draws from one generator: numbers are drawn in blocks, because one call for each is slow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

import numpy as np

T = TypeVar("T")
BLOCK: Final = 8192  # numbers drawn at once


class Dice:
    """Draws in a fixed order from a generator, so that the same seed gives the same world."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._numbers = _uniform(rng)

    def number(self) -> float:
        """A number from 0 up to, not including, 1."""
        return next(self._numbers)

    def chance(self, probability: float) -> bool:
        """True as often as `probability` says."""
        return self.number() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.number() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each as likely."""
        return items[int(self.number() * len(items))]


def _uniform(rng: np.random.Generator) -> Iterator[float]:
    while True:
        yield from rng.random(BLOCK).tolist()
