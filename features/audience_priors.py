"""What is known of an audience before anybody reported it: dated figures of platforms, and wide guesses elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from features.audience import BUCKETS
from features.population import by_single_year
from features.provinces import CITY, PROVINCES, known_province

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlatformFact:
    """Adults on a platform in Vietnam: shares of 18-24, 25-34, 35-44, 45 and over, from its advertising audiences."""

    as_of: date
    adults: tuple[float, float, float, float]


# Users by single year of age in Vietnam, from the platforms' own advertising audiences (P. Gilders' collection "Social
# Media Census"). Neither counts minors; nothing of the kind is public for other platforms.
FACTS: Final = {
    "facebook": PlatformFact(date(2018, 8, 3), (0.3331, 0.3766, 0.1738, 0.1165)),
    "instagram": PlatformFact(date(2019, 5, 23), (0.6529, 0.2716, 0.0509, 0.0246)),
}
MINORS_RATE: Final = 0.5  # views per head of those aged 13-17 against 18-24: a guess, for no figure is public
# What a prior is worth, in people asked: creators differ by far more than platforms, and the figures are old.
FACT_SIZE: Final = 8.0
GUESS_SIZE: Final = 4.0
VIETNAM_SHARE: Final = 0.9  # of viewers of who writes Vietnamese: a guess
VIETNAM_SIZE: Final = 8.0
# Of viewers in Ho Chi Minh City, by whether the creator's home is there: guesses, for audiences are local, between the
# city's part of the people (see `city_share`) and a half. None: the home is not known.
CITY_AT_HOME: Final = 0.35
CITY_UNKNOWN: Final = 0.2
CITY_SIZE: Final = 4.0


def platform_ages(platform: str) -> tuple[Doubles, float]:
    """(5,) shares of the age buckets on a platform before any report, and what they are worth in people."""
    if platform in FACTS:
        return _with_minors(FACTS[platform]), FACT_SIZE
    between = np.exp(np.mean([np.log(_with_minors(fact)) for fact in FACTS.values()], axis=0))
    return between / between.sum(), GUESS_SIZE


def city_share(home: str | None) -> float:
    """Share of Ho Chi Minh City before any report, by the creator's home province (code or name) if it is known."""
    if home is None or (code := known_province(home)) is None:
        return CITY_UNKNOWN
    if code == CITY:
        return CITY_AT_HOME
    return VIETNAM_SHARE * PROVINCES[CITY][2] / sum(people for _, _, people in PROVINCES.values())


def _with_minors(fact: PlatformFact) -> Doubles:
    minors, youngest = (by_single_year()[first : last + 1].sum() for first, last in BUCKETS[:2])
    counted = np.array((MINORS_RATE * fact.adults[0] * minors / youngest, *fact.adults))
    shares: Doubles = counted / counted.sum()
    return shares
