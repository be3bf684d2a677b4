"""From scores of posts to scores of creators: the mean of a creator's best few, never the single best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pooled:
    """Creators' pooled scores and the posts that made them.

    Attributes:
        values: (n_creators,) pooled score.
        posts: (n_counted,) rows of the posts that count, best first within a creator.
        owners: (n_counted,) the creator row of each.
        gains: (n_counted,) what each adds to its creator's value, above what a creator without it would have.
    """

    values: Floats
    posts: Rows
    owners: Rows
    gains: Floats


def best_posts(scores: Floats, most: int) -> tuple[Rows, Floats]:
    """Rows and scores of the `most` best positive scores, in no order."""
    rows = np.flatnonzero(scores > 0)
    if len(rows) > most:
        rows = rows[np.argpartition(scores[rows], len(rows) - most)[-most:]]
    return rows, scores[rows]


def mean_of_best(posts: Rows, scores: Floats, owners: Rows, n_creators: int, best: int, floor: float) -> Pooled:
    """Mean of each creator's `best` best posts; a creator with fewer among them gets `floor` for the rest.

    Args:
        posts: (n,) rows of the posts retrieved.
        scores: (n,) their scores.
        owners: (n,) their creators' rows.
        n_creators: how many creators there are.
        best: how many posts count; one stray post can lift a creator by at most 1/best of its score.
        floor: the score of a post that was not retrieved: zero for words, the last retrieved one's for vectors.
    """
    # One sort instead of three: owners are whole numbers, so a share below one half orders within each.
    within = scores / (2.0 * max(float(np.abs(scores).max(initial=0.0)), 1e-12))
    order = np.argsort(owners - within, kind="stable")
    posts, scores, owners = posts[order], scores[order], owners[order]
    counted = _position_within(owners) < best
    gains = ((scores[counted] - floor) / best).astype(np.float32)
    values = np.full(n_creators, floor, dtype=np.float64)
    values += np.bincount(owners[counted], weights=gains, minlength=n_creators)
    return Pooled(values.astype(np.float32), posts[counted], owners[counted], gains)


def _position_within(groups: Rows) -> Rows:
    """Position of each element within its run of equal values."""
    at = np.arange(len(groups))
    starts = np.ones(len(groups), dtype=bool)
    starts[1:] = groups[1:] != groups[:-1]
    position: Rows = at - np.maximum.accumulate(np.where(starts, at, 0))
    return position
