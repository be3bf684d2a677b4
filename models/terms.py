"""The words of a text as terms of the lexical index, and how much finding each of them counts.

A term counts 1 unless something is known: a match without diacritics counts nothing for a word that posts have as it
was typed (it would be counted twice), and half for a word that may have lost its diacritics. Where pairs of asked and
answering texts were learned from (`training.asking`), each term's share says how well it tells the answer: "tôi muốn
hỏi" stands in every question and tells nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from features.vocabulary import Vocabulary
from models.lexical import LexicalIndex, rarest

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

CHANNELS: Final = ("words", "plain", "pairs")
MANNERS: Final = ("written", "plain")  # texts with diacritics, texts typed without any
_MARKED_WORTH: Final = 0.0  # what a match without diacritics counts for a word typed with them that posts have so
_BARE_WORTH: Final = 0.5  # likewise for a word typed without among others typed with: it may have lost them

# (channel, word) or ("pairs", word, next word), both without diacritics -> how much finding it counts
LearnedShares = Mapping[tuple[str, ...], float]
NOTHING_LEARNED: Final[Mapping[str, LearnedShares]] = {}


@dataclass(frozen=True, slots=True)
class TermShares:
    """Learned shares of some terms; every other term counts 1.

    Attributes:
        rows: (n,) int64 rows of the vocabulary, ascending.
        shares: (n,) float32, never negative.
    """

    rows: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    shares: Floats = field(default_factory=lambda: np.empty(0, np.float32))

    @classmethod
    def of(cls, learned: LearnedShares, vocabulary: Vocabulary) -> TermShares:
        """What was learned, as far as the vocabulary has the term."""
        rows = {row: share for term, share in learned.items() if (row := _row(term, vocabulary)) is not None}
        ordered = sorted(rows.items())
        return cls(np.array([row for row, _ in ordered], np.int64), np.array([s for _, s in ordered], np.float32))

    def __call__(self, terms: Sequence[int]) -> Floats:
        """(len(terms),) the share of each term row."""
        wanted = np.asarray(terms, dtype=np.int64)
        if not len(self.rows):
            return np.ones(len(wanted), dtype=np.float32)
        at = np.minimum(np.searchsorted(self.rows, wanted), len(self.rows) - 1)
        return np.where(self.rows[at] == wanted, self.shares[at], np.float32(1.0)).astype(np.float32)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """As named arrays, to be written."""
        return {"rows": self.rows, "shares": self.shares}


def _row(term: Sequence[str], vocabulary: Vocabulary) -> int | None:
    channel, *words = term
    if channel == "pairs":
        return vocabulary.pair_row(*words)
    if channel == "words":
        return vocabulary.word_rows.get(words[0])
    plain = vocabulary.plain_rows.get(words[0])
    return None if plain is None else vocabulary.first_plain + plain


@dataclass(frozen=True, slots=True)
class Terms:
    """What the index knows of a text's words.

    Attributes:
        rows: per channel the term rows, the rarest first.
        shares: (len(rows),) per channel how much finding each counts.
        missing: how many distinct words no post has as written ("words"), and without diacritics ("plain").
    """

    rows: Mapping[str, Sequence[int]]
    shares: Mapping[str, Floats]
    missing: Mapping[str, int]

    def counting(self) -> tuple[Rows, Floats]:
        """All terms whose finding counts, with their shares."""
        rows = np.fromiter(chain(*self.rows.values()), dtype=np.int64)
        shares = np.concatenate(list(self.shares.values()))
        return rows[shares > 0], shares[shares > 0]


@dataclass(frozen=True, slots=True)
class TermReader:
    """Reads canonical words.

    Attributes:
        vocabulary: the terms.
        postings: where they stand.
        learned: shares for texts typed in each manner (`MANNERS`).
    """

    vocabulary: Vocabulary
    postings: LexicalIndex
    learned: Mapping[str, TermShares]

    def read(self, words: Sequence[str], max_terms: int, *, plain: bool) -> Terms:
        """The terms of a text, at most `max_terms` of each channel, the rarest."""
        offsets = np.array([0, len(words)], dtype=np.int64)
        found = self.vocabulary.rows(np.arange(len(words), dtype=np.int32), offsets, words, len(words) + 1).rows
        ranges = dict(zip(CHANNELS, pairwise(self.vocabulary.starts), strict=True))
        own = {channel: found[(found >= start) & (found < stop)] for channel, (start, stop) in ranges.items()}
        rows = {channel: rarest(some, self.postings, max_terms) for channel, some in own.items()}
        shares = {channel: self.learned["plain" if plain else "written"](some) for channel, some in rows.items()}
        if not plain:
            worth = self._plain_worth(words)
            shares["plain"] *= np.array([worth[row] for row in rows["plain"]], dtype=np.float32)
        spelled = {"words": set(words), "plain": {self.vocabulary.plain_form(word) for word in words}}
        missing = {channel: len(forms) - len(np.unique(own[channel])) for channel, forms in spelled.items()}
        return Terms(rows, shares, missing)

    def _plain_worth(self, words: Sequence[str]) -> dict[int, float]:
        """Row of a plain word -> what finding it counts, in a text that has diacritics."""
        worth: dict[int, float] = {}
        for word in words:
            row = self.vocabulary.first_plain + self.vocabulary.plain_rows.get(self.vocabulary.plain_form(word), 0)
            bare = _BARE_WORTH if word.isascii() else _MARKED_WORTH
            own = bare if word in self.vocabulary.word_rows else 1.0
            worth[row] = max(worth.get(row, 0.0), own)
        return worth
