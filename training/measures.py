"""Measures of a ranking, in one spelling for code, labels and tables: `MRR`, `MAP`, `R@10`, `nDCG@10`, `captured@20`.

A ranking is a sequence of ids, best first, without repeats; it may stop early, and what is not in it was not found.
Grades are a mapping from id to a grade above 0; an id that is not in it is wrong. All values lie in 0..1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from kolmatch.errors import UsageError

Measure = Callable[[Sequence[str], Mapping[str, float]], float]

_AT_K: Final = re.compile(r"(R|nDCG|captured)@([1-9]\d*)")
_RESAMPLES_AT_ONCE: Final = 100  # bounds memory: 100 × 4,000 queries × 8 bytes is 3 MB


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with the interval that holds it."""

    mean: float
    low: float
    high: float


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, float]) -> float:
    """Return 1 / rank of the first right id, 0 when there is none; its mean over queries is `MRR`.

    >>> reciprocal_rank(["x", "a", "b"], {"a": 1, "b": 1})  # the first right one is second: 1/2
    0.5
    """
    return next((1.0 / rank for rank, item in enumerate(ranking, start=1) if item in grades), 0.0)


def average_precision(ranking: Sequence[str], grades: Mapping[str, float]) -> float:
    """Return the mean, over the right ids, of the precision at each one's rank (not found: 0); its mean is `MAP`.

    >>> average_precision(["a", "x", "b"], {"a": 1, "b": 1, "c": 1})  # (1/1 + 2/3 + 0) / 3
    0.5555555555555555
    """
    ranks = [rank for rank, item in enumerate(ranking, start=1) if item in grades]
    return sum(found / rank for found, rank in enumerate(ranks, start=1)) / len(grades) if grades else 0.0


def recall(ranking: Sequence[str], grades: Mapping[str, float], k: int) -> float:
    """Return the share of the right ids that are among the first k: `R@k`.

    >>> recall(["a", "x", "b"], {"a": 1, "b": 1}, k=2)  # one of two
    0.5
    """
    return len(grades.keys() & set(ranking[:k])) / len(grades) if grades else 0.0


def ndcg(ranking: Sequence[str], grades: Mapping[str, float], k: int) -> float:
    """Return the discounted gain of the first k over that of the best order possible: `nDCG@k`.

    DCG = sum over ranks r of grade / log2(r + 1): linear gain, Järvelin and Kekäläinen (2002).

    >>> round(ndcg(["x", "a"], {"a": 1}, k=10), 4)  # (1 / log2(3)) / (1 / log2(2))
    0.6309
    >>> ndcg(["b", "a"], {"a": 1, "b": 3}, k=10)  # the best order
    1.0
    """
    ideal = _discounted(sorted(grades.values(), reverse=True)[:k])
    return _discounted([grades.get(item, 0.0) for item in ranking[:k]]) / ideal if ideal else 0.0


def captured(ranking: Sequence[str], grades: Mapping[str, float], k: int) -> float:
    """Return what the first k are worth over what the best k would be: `captured@k`; the order among them is no matter.

    >>> captured(["b", "x"], {"a": 3, "b": 1}, k=2)  # 1 of the 4 that a and b are worth
    0.25
    """
    best = sum(sorted(grades.values(), reverse=True)[:k])
    return sum(grades.get(item, 0.0) for item in ranking[:k]) / best if best else 0.0


def measure(name: str) -> Measure:
    """Return the measure that a name spells.

    >>> measure("R@1")(["a", "b"], {"a": 1})
    1.0

    Raises:
        UsageError: no measure is spelled so.
    """
    if name in _WHOLE:
        return _WHOLE[name]
    if match := _AT_K.fullmatch(name):
        return partial(_CUT[match[1]], k=int(match[2]))
    raise UsageError(
        f"Unknown measure {name!r}. Write MRR, MAP, R@10, nDCG@10 or captured@20, with any number after @.",
        f"Không có thước đo {name!r}. Hãy viết MRR, MAP, R@10, nDCG@10 hoặc captured@20, sau @ là số bất kỳ.",
    )


def ranking_of(ids: Sequence[str], scores: NDArray[Any]) -> list[str]:
    """Ids by falling score, shape of both `(n,)`; equal scores stand in the order of their ids.

    >>> ranking_of(["b", "c", "a"], np.array([1.0, 2.0, 1.0]))
    ['c', 'a', 'b']
    """
    if len(ids) != len(scores):
        raise _unequal("ids", len(ids), "scores", len(scores))
    by_id = np.argsort(np.array(ids, dtype=np.str_), kind="stable")
    return [ids[by_id[place]] for place in np.argsort(-scores[by_id], kind="stable")]


def paired_bootstrap(
    a: NDArray[np.float64], b: NDArray[np.float64], rng: np.random.Generator, n: int = 2000, level: float = 0.95
) -> Interval:
    """Return the mean of a - b, one value per query in each, with its percentile interval over n resamples of queries.

    Efron and Tibshirani (1993), chapter 13. The same queries are drawn for both, so what is hard for both cancels.

    Raises:
        UsageError: a and b differ in length, or are empty.
    """
    if len(a) != len(b) or len(a) == 0:
        raise _unequal("values of a", len(a), "values of b", len(b))
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    means = [
        difference[rng.integers(len(difference), size=(min(_RESAMPLES_AT_ONCE, n - start), len(difference)))].mean(
            axis=1
        )
        for start in range(0, n, _RESAMPLES_AT_ONCE)
    ]
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(difference.mean()), float(low), float(high))


def wilson(successes: int, of: int, level: float = 0.95) -> Interval:
    """Return a share with Wilson's score interval, which holds for few trials and for shares near 0 and 1 too.

    E. Wilson, "Probable inference, the law of succession, and statistical inference" (1927).

    >>> found = wilson(8, 10)
    >>> round(found.mean, 2), round(found.low, 2), round(found.high, 2)
    (0.8, 0.49, 0.94)

    Raises:
        UsageError: there are no trials, or more successes than trials.
    """
    if not 0 <= successes <= of or of == 0:
        raise _unequal("successes", successes, "trials", of)
    z = float(ndtri((1 + level) / 2))
    share, spread = successes / of, z**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = z * np.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return Interval(share, max(0.0, float(middle - half)), min(1.0, float(middle + half)))


def _discounted(gains: Sequence[float]) -> float:
    return float(sum(gain / np.log2(rank + 1) for rank, gain in enumerate(gains, start=1)))


def _unequal(what: str, first: int, other: str, second: int) -> UsageError:
    return UsageError(
        f"{first} {what} and {second} {other} cannot be paired. Give as many of each, at least one.",
        f"Không ghép được {first} {what} với {second} {other}. Hãy đưa số lượng bằng nhau, ít nhất là một.",
    )


_WHOLE: Final[dict[str, Measure]] = {"MRR": reciprocal_rank, "MAP": average_precision}
_CUT: Final[dict[str, Callable[..., float]]] = {"R": recall, "nDCG": ndcg, "captured": captured}
