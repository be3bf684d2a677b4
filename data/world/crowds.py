"""Who watches: the true audience of a creator on a platform, and the figures that are reported about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HOME_CITY: Final = "hcmc"
NEIGHBOURS: Final = ("dong_nai", "tay_ninh", "vinh_long", "dong_thap")

# Shares of the five age buckets of the import contract before any lean, and how a lean to youth moves their log odds.
BASE_AGES: Final = (0.09, 0.34, 0.33, 0.15, 0.09)
YOUTH_PULL: Final = (0.8, 1.0, 0.2, -0.6, -1.1)
PLATFORM_YOUTH: Final = {
    "tiktok": 0.35,
    "youtube": -0.05,
    "facebook": -0.35,
    "instagram": 0.3,
    "zalo": -0.7,
    "threads": 0.5,
}


@dataclass(frozen=True, slots=True)
class Crowd:
    """True audience of one creator on one platform.

    `ages` are the shares of the five buckets (sum 1); `of_13_17` and `of_25_34` the parts of those two buckets that are
    16 or 17, and 25 to 30; `young_hcmc` the share of Ho Chi Minh City among the viewers aged 16 to 30.
    """

    ages: Floats
    of_13_17: float
    of_25_34: float
    female: float
    vietnam: float
    hcmc: float
    young_hcmc: float

    @property
    def young(self) -> float:
        """Share aged 16 to 30."""
        return float(self.of_13_17 * self.ages[0] + self.ages[1] + self.of_25_34 * self.ages[2])

    @property
    def target(self) -> float:
        """Share aged 16 to 30 and in Ho Chi Minh City."""
        return self.young * self.young_hcmc

    def leaning(self, youth: float, city: float) -> Crowd:
        """The crowd as it looks when it leans to youth and to the city by that much more (log odds)."""
        ages = self.ages * np.exp(youth * np.array(YOUTH_PULL))
        odds = self.hcmc / (self.vietnam - self.hcmc) * np.exp(city)
        return replace(self, ages=ages / ages.sum(), hcmc=float(self.vietnam * odds / (1.0 + odds)))


def draw_crowd(rng: np.random.Generator, platform: str, *, youth: float, female: float, home: str) -> Crowd:
    """Draw an audience around the creator's taste (log odds), the platform and the creator's home."""
    lean = youth + PLATFORM_YOUTH[platform] + rng.normal(0.0, 0.2)
    ages = np.array(BASE_AGES) * np.exp(lean * np.array(YOUTH_PULL) + rng.normal(0.0, 0.1, len(BASE_AGES)))
    vietnam = float(rng.beta(40, 2))
    hcmc = vietnam * float(_logistic(-0.7 + _nearness(home) + rng.normal(0.0, 0.35)))
    return Crowd(
        ages=ages / ages.sum(),
        of_13_17=float(rng.uniform(0.35, 0.6)),
        of_25_34=float(rng.uniform(0.55, 0.75)),
        female=float(_logistic(female + rng.normal(0.0, 0.2))),
        vietnam=vietnam,
        hcmc=hcmc,
        young_hcmc=float(min(vietnam, hcmc * np.exp(rng.normal(0.08, 0.1)))),
    )


def _nearness(home: str) -> float:
    if home == HOME_CITY:
        return 0.6
    return -0.2 if home in NEIGHBOURS else -0.9


def _logistic(value: float) -> float:
    return float(1.0 / (1.0 + np.exp(-value)))
