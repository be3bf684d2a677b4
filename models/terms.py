"""The words of a text as terms of the lexical index, and how much finding each of them counts.

A term counts 1 unless something is known: a match without diacritics counts nothing for a word that posts have as it
was typed (it would be counted twice), and half for a word that may have lost its diacritics. Where pairs of asked and
answering texts were learned from (`training.asking`), each term's share says how well it tells the answer: "tôi muốn
hỏi" stands in every question and tells nothing; and some terms stand for others: who asks for a "test" is answered
with "pcr".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from features.vocabulary import Vocabulary
from models.lexical import MOST_POSTINGS, LexicalIndex, rarest

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

CHANNELS: Final = ("words", "plain", "pairs")
_MARKED_WORTH: Final = 0.0  # what a match without diacritics counts for a word typed with them that posts have so
_BARE_WORTH: Final = 0.5  # likewise for a word typed without among others typed with: it may have lost them

Term = tuple[str, ...]  # (channel, word) or ("pairs", word, next word), both without diacritics


@dataclass(frozen=True, slots=True)
class Taught:
    """What pairs taught.

    Attributes:
        shares: how much finding a term of the asked text counts, beside 1.
        kin: (term asked, other term) -> how much finding the other counts, beside 0.
    """

    shares: Mapping[Term, float] = field(default_factory=dict)
    kin: Mapping[tuple[Term, Term], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TermShares:
    """What was learned, by row of a vocabulary; every other term counts 1 and has no kin.

    Attributes:
        rows: (n,) int64 rows of the vocabulary, ascending.
        shares: (n,) float32, never negative.
        asked: (m,) int64 rows of terms that have kin, ascending.
        kin: (m,) int64 the other term of each.
        worth: (m,) float32 how much finding it counts.
    """

    rows: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    shares: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    asked: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    kin: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    worth: Floats = field(default_factory=lambda: np.empty(0, np.float32))

    @classmethod
    def of(cls, learned: Taught, vocabulary: Vocabulary) -> TermShares:
        """What was learned, as far as the vocabulary has the terms."""
        own = sorted((_row(term, vocabulary), share) for term, share in learned.shares.items())
        ties = sorted((_row(a, vocabulary), _row(b, vocabulary), worth) for (a, b), worth in learned.kin.items())
        own = [(row, share) for row, share in own if row >= 0]
        ties = [tie for tie in ties if min(tie[:2]) >= 0]
        return cls(
            np.array([row for row, _ in own], np.int64),
            np.array([share for _, share in own], np.float32),
            np.array([asked for asked, _, _ in ties], np.int64),
            np.array([kin for _, kin, _ in ties], np.int64),
            np.array([worth for _, _, worth in ties], np.float32),
        )

    def kin_of(self, terms: Rows) -> tuple[Rows, Floats]:
        """Other terms that some of the distinct terms given stand for, each once, with the sum of what it is worth."""
        tied = np.isin(self.asked, terms) & ~np.isin(self.kin, terms)
        rows, which = np.unique(self.kin[tied], return_inverse=True)
        worth = np.bincount(which, weights=self.worth[tied], minlength=len(rows)).astype(np.float32)
        return rows, worth

    def __call__(self, terms: Sequence[int]) -> Floats:
        """(len(terms),) the share of each term row."""
        wanted = np.asarray(terms, dtype=np.int64)
        if not len(self.rows):
            return np.ones(len(wanted), dtype=np.float32)
        at = np.minimum(np.searchsorted(self.rows, wanted), len(self.rows) - 1)
        return np.where(self.rows[at] == wanted, self.shares[at], np.float32(1.0)).astype(np.float32)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """As named arrays, to be written."""
        return {name: getattr(self, name) for name in ("rows", "shares", "asked", "kin", "worth")}


def _row(term: Term, vocabulary: Vocabulary) -> int:
    """Row of a term, -1 when the vocabulary has none."""
    channel, *words = term
    if channel == "pairs":
        pair = vocabulary.pair_row(*words)
        return -1 if pair is None else pair
    if channel == "words":
        return vocabulary.word_rows.get(words[0], -1)
    plain = vocabulary.plain_rows.get(words[0])
    return -1 if plain is None else vocabulary.first_plain + plain


@dataclass(frozen=True, slots=True)
class Terms:
    """What the index knows of a text's words.

    Attributes:
        rows: per channel the term rows, the rarest first.
        shares: (len(rows),) per channel how much finding each counts.
        kin: rows of other terms that some of these stand for, and how much finding each counts.
        missing: how many distinct words no post has as written ("words"), and without diacritics ("plain").
    """

    rows: Mapping[str, Sequence[int]]
    shares: Mapping[str, Floats]
    kin: tuple[Rows, Floats]
    missing: Mapping[str, int]

    def counting(self) -> tuple[Rows, Floats]:
        """All terms whose finding counts, with their shares."""
        rows = np.concatenate((np.fromiter(chain(*self.rows.values()), dtype=np.int64), self.kin[0]))
        shares = np.concatenate((*self.shares.values(), self.kin[1]))
        return rows[shares > 0], shares[shares > 0]


@dataclass(frozen=True, slots=True)
class TermReader:
    """Reads canonical words.

    Attributes:
        vocabulary: the terms.
        postings: where they stand.
        learned: shares, and terms that stand for others.
    """

    vocabulary: Vocabulary
    postings: LexicalIndex
    learned: TermShares

    def read(self, words: Sequence[str], max_terms: int, *, plain: bool) -> Terms:
        """The terms of a text, at most `max_terms` of each channel, the rarest; `plain` when it has no diacritics."""
        offsets = np.array([0, len(words)], dtype=np.int64)
        number = {word: i for i, word in enumerate(dict.fromkeys(words))}
        ids = np.array([number[word] for word in words], dtype=np.int32)
        found = self.vocabulary.rows(ids, offsets, list(number), len(words) + 1).rows
        ranges = dict(zip(CHANNELS, pairwise(self.vocabulary.starts), strict=True))
        own = {channel: found[(found >= start) & (found < stop)] for channel, (start, stop) in ranges.items()}
        rows = {channel: rarest(some, self.postings, max_terms) for channel, some in own.items()}
        shares = {channel: self.learned(some) for channel, some in rows.items()}
        if not plain:
            worth = self._plain_worth(number)
            shares["plain"] *= np.array([worth[row] for row in rows["plain"]], dtype=np.float32)
        spelled = {"words": set(number), "plain": {self.vocabulary.plain_form(word) for word in number}}
        missing = {channel: len(forms) - len(np.unique(own[channel])) for channel, forms in spelled.items()}
        return Terms(rows, shares, self._kin(found, max_terms), missing)

    def _kin(self, found: Rows, max_terms: int) -> tuple[Rows, Floats]:
        """What the terms found stand for, at most `max_terms`, none of them in more posts than is looked up."""
        if not len(self.learned.kin):
            return self.learned.kin, self.learned.worth
        rows, worth = self.learned.kin_of(np.unique(found))
        kept = self.postings.frequency(rows) <= MOST_POSTINGS
        rows, worth = rows[kept], worth[kept]
        best = np.argsort(-worth, kind="stable")[:max_terms]
        return rows[best], worth[best]

    def _plain_worth(self, words: Iterable[str]) -> dict[int, float]:
        """Row of a plain word -> what finding it counts, in a text that has these words, some with diacritics."""
        worth: dict[int, float] = {}
        for word in words:
            row = self.vocabulary.first_plain + self.vocabulary.plain_rows.get(self.vocabulary.plain_form(word), 0)
            bare = _BARE_WORTH if word.isascii() else _MARKED_WORTH
            own = bare if word in self.vocabulary.word_rows else 1.0
            worth[row] = max(worth.get(row, 0.0), own)
        return worth
