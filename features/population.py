"""How many people of each single year of age live in Vietnam: the weights by which age buckets are taken apart."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

Doubles = npt.NDArray[np.float64]

SOURCE: Final = "UN World Population Prospects 2019, medium variant, Viet Nam, 1 July 2025, both sexes"
OLDEST: Final = 100  # the last group is open; who is older counts as this old
# Thousands of people in five-year groups: 0-4, 5-9, ... 95-99, 100 and over. The source has no single years.
_FIVE_YEAR_GROUPS: Final = (
    *(7374.433, 7832.701, 7525.321, 7046.348, 6391.347, 6668.950, 8435.614, 8327.309, 7668.563, 6930.870),
    *(6398.088, 5644.325, 4951.649, 3986.766, 2653.214, 1373.790, 854.785, 569.597, 330.174, 112.352, 30.637),
)


@cache
def by_single_year() -> Doubles:
    """(101,) thousands of people aged 0, 1, ... 100 and over; read-only.

    Single years follow from the five-year groups by a monotone cubic through their cumulated sums (F. N. Fritsch,
    R. E. Carlson, "Monotone piecewise cubic interpolation", 1980), so that every group keeps its sum.
    """
    groups = np.array(_FIVE_YEAR_GROUPS)
    bounds = np.append(np.arange(0, OLDEST + 1, 5), OLDEST + 1)
    cumulated = PchipInterpolator(bounds, np.concatenate(([0.0], np.cumsum(groups))))
    people: Doubles = np.diff(cumulated(np.arange(OLDEST + 2)))
    people.setflags(write=False)
    return people
