"""Index arithmetic for many stretches of one flat array."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


def stretches(starts: Rows, lengths: Rows) -> Rows:
    """(lengths.sum(),) the positions `starts[i] ... starts[i] + lengths[i] - 1` of every stretch, one after another."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    at: Rows = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return at
