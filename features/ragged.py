"""Index arithmetic for many stretches of one flat array, and for many keys."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


def rows_of(offsets: Rows, rows: Rows) -> tuple[Rows, Rows]:
    """Positions of everything in the rows chosen, one row after another, and (len(rows),) how much is in each.

    Row `i` of a flat array lies at `offsets[i] ... offsets[i + 1] - 1`.
    """
    lengths = offsets[rows + 1] - offsets[rows]
    return stretches(offsets[rows], lengths), lengths


def stretches(starts: Rows, lengths: Rows) -> Rows:
    """(lengths.sum(),) the positions `starts[i] ... starts[i] + lengths[i] - 1` of every stretch, one after another."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    at: Rows = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return at


def distinct(keys: Rows) -> Rows:
    """Each of many whole numbers once, in order; of millions np.unique makes a hash table, in ten times the time."""
    ordered = np.sort(keys)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]
