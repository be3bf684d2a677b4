"""What stands between two places: the parts in which they differ, and the smallest change that would swap them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.shortlist import Entry, Part


@dataclass(frozen=True, slots=True)
class Difference:
    """One summand of two creators' values. `factor` is by how much the one above has more (above 1) or less.

    `weight` is what is in the summand beside what is measured: a share of an audience that counts twice need grow by
    the root alone.
    """

    name: str
    own: float
    above: float
    weight: float = 1.0

    @property
    def factor(self) -> float:
        """exp((above - own) / weight)."""
        return math.exp((self.above - self.own) / self.weight)


@dataclass(frozen=True, slots=True)
class Swap:
    """How a creator compares with the one above.

    Attributes:
        differences: of every part, the largest lead of the one above first; none where only one of the two has a
            forecast: then that is the difference, and no part makes up for it.
        gap: how much the one above is ahead, in log space; never below 0.
        part: the part in which the one above leads most, of those that can grow so much; None without a lead.
        weight: of that part, see `Difference`.
    """

    differences: tuple[Difference, ...]
    gap: float
    part: str | None
    weight: float = 1.0

    @property
    def factor(self) -> float:
        """By what factor that part would have to grow for the two to be level, all else staying as it is."""
        return math.exp(self.gap / self.weight)


def swap(entry: Entry, above: Entry) -> Swap:
    """Compare two entries of one list; by the parts of its order, else by those of fit."""
    if bool(entry.impact) != bool(above.impact):
        return Swap((), math.inf, None)
    own, other = (entry.impact, above.impact) if entry.impact else (entry.parts, above.parts)
    values = {part.name: part.value for part in own}
    found = [Difference(part.name, values.get(part.name, 0.0), part.value, _in_it(part)) for part in other]
    ordered = tuple(sorted(found, key=lambda difference: difference.own - difference.above))
    gap = max(sum(d.above - d.own for d in ordered), 0.0)
    leading = next((d for d in ordered if d.above > d.own and _can_grow(d, gap)), None)
    return Swap(ordered, gap, leading.name, leading.weight) if leading else Swap(ordered, gap, None)


def _in_it(part: Part) -> float:
    """The weight of a summand that measures something; fit has no unit of its own, and a weight of 0 moves nothing."""
    return part.weight if part.name != "fit" and part.weight > 0 else 1.0


def _can_grow(difference: Difference, gap: float) -> bool:
    """A share of an audience ends at all of it."""
    return difference.name != "audience" or difference.own + gap <= 0.0
