"""Topic lift: whether posts like a text are seen more or less than the creator's other posts.

Two sources, both learned from how far each post was from its creator's usual level: the words of the text, over all
creators, and the creator's own posts that are like it. Both are drawn to nothing, so that a text that says little, or a
creator without such posts, has a lift of 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from features.diacritics import strip_diacritics

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int64]

_MIXER: Final = 1_000_003  # a prime: the order of two words matters
SHARPNESS: Final = 5  # likeness to this power weighs a post: near ones count, what is alike in style alone does not


def word_codes(words: Iterable[str]) -> Codes:
    """(n,) CRC-32 of each word without diacritics."""
    typed = list(words)
    codes = {word: crc32(strip_diacritics(word).encode()) for word in set(typed)}
    return np.array([codes[word] for word in typed], dtype=np.int64)


def pair_codes(codes: Codes) -> Codes:
    """(n - 1,) codes of neighbouring words together."""
    mixed: Codes = (codes[:-1] * _MIXER + codes[1:]) & 0xFFFFFFFF
    return mixed


@dataclass(frozen=True, slots=True)
class TopicLift:
    """What moves views by topic.

    Attributes:
        keys: (n_features,) sorted codes of words and of pairs of words.
        weights: (n_features,) float32, what each adds to the log of views, before the text's length is counted.
        away: (n_posts,) float32, how far each post of the index was from its creator's level, cut off at twenty
            times; nan when not known.
        own_weight: how much the creator's own posts like the text count.
        own_prior: likeness that draws the own posts' mean to nothing.
        spread: standard deviation of a single post about its level.
        used: whether forecasts gained by it on later posts; if not, every lift is 1.
    """

    keys: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    away: npt.NDArray[np.float32]
    own_weight: float
    own_prior: float
    spread: float
    used: bool

    def of_words(self, words: Iterable[str]) -> float:
        """What the words of a text add to the log of anybody's views."""
        codes = word_codes(words)
        if not self.used or not len(self.keys) or not len(codes):
            return 0.0
        features = np.unique(np.concatenate((codes, pair_codes(codes))))
        at = np.minimum(np.searchsorted(self.keys, features), len(self.keys) - 1)
        known = self.keys[at] == features
        return float(self.weights[at[known]].sum() / np.sqrt(max(int(known.sum()), 1)))

    def of_own_posts(
        self, posts: Rows, likeness: npt.NDArray[np.float32], owners: Rows, n_creators: int
    ) -> tuple[Doubles, Doubles]:
        """What a creator's own posts like the text add to the log of views, and its standard error.

        Args:
            posts: (n,) rows of the posts most like the text, of any creator.
            likeness: (n,) inner products with it.
            owners: (n,) their creators.
            n_creators: number of creators.

        Returns:
            (n_creators,) log lifts, zero without such posts, and (n_creators,) standard errors.
        """
        if not self.used:
            return np.zeros(n_creators), np.zeros(n_creators)
        away = self.away[posts].astype(np.float64)
        known = np.isfinite(away)
        weights = np.maximum(likeness[known].astype(np.float64), 0.0) ** SHARPNESS
        held = np.bincount(owners[known], weights=weights, minlength=n_creators) + self.own_prior
        total = np.bincount(owners[known], weights=weights * away[known], minlength=n_creators)
        return self.own_weight * total / held, self.own_weight * self.spread / np.sqrt(held)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """As named arrays, to be written."""
        numbers = np.array([self.own_weight, self.own_prior, self.spread, float(self.used)])
        return {"keys": self.keys, "weights": self.weights, "away": self.away, "numbers": numbers}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> TopicLift:
        """The inverse of `arrays`."""
        own_weight, own_prior, spread, used = arrays["numbers"].tolist()
        return cls(arrays["keys"], arrays["weights"], arrays["away"], own_weight, own_prior, spread, bool(used))

    @classmethod
    def none(cls, n_posts: int) -> TopicLift:
        """No lift at all: nothing is known."""
        empty = np.empty(0, dtype=np.int64)
        away = np.full(n_posts, np.nan, dtype=np.float32)
        return cls(empty, empty.astype(np.float32), away, 0.0, 1.0, 0.0, used=False)
