"""Words typed without diacritics, read as what they were most likely meant to be: "dich vu cong" as "dịch vụ công".

A text is a chain of words, each likely after the one before it (L. R. Rabiner, "A tutorial on hidden Markov models",
1989: the forward and backward pass). How likely is told by neighbouring words of posts typed with diacritics, each
pair's count discounted in favour of pairs never seen (H. Ney, U. Essen, R. Kneser, "On structuring probabilistic
dependences in stochastic language modelling", 1994). Only words of which one reading stands out are read anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from features.ragged import distinct
from features.recall import Words, recalled
from features.text import TokenBatch
from features.vocabulary import Vocabulary

Rows = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

_LEAST_OWNERS: Final = 2  # what one creator alone says tells nothing of the language
_MOST_WORDS: Final = 20_000_000  # counted; of a larger catalogue every so many posts
_DISCOUNT: Final = 0.75  # taken from each count, as usual for pairs of words
_SURE: Final = 0.7  # how likely a reading must be to take the typed word's place
_DOUBTFUL: Final = 0.5  # a word that is less often meant bare starts the search


@dataclass(frozen=True, slots=True)
class Beside:
    """How often words stand side by side in posts typed with diacritics.

    Attributes:
        keys: (n_pairs,) ascending int64, `first * n_words + second`, rows of the vocabulary's words.
        times: (n_pairs,) int64 how often.
    """

    keys: Rows
    times: Rows

    @classmethod
    def count(cls, words: TokenBatch, owners: Rows, vocabulary: Vocabulary) -> Beside:
        """Count pairs that at least two creators wrote near a word with diacritics; `owners` (n_texts,) wrote them."""
        n_words = len(vocabulary.words)
        texts = np.repeat(np.arange(len(owners)), np.diff(words.offsets))
        every = -(-len(texts) // _MOST_WORDS) or 1
        row = np.array([vocabulary.word_rows.get(word, -1) for word in words.vocabulary], dtype=np.int64)
        marked = np.array([not word.isascii() for word in words.vocabulary], dtype=bool)
        near = _near(marked[words.ids]) if len(texts) else np.empty(0, dtype=bool)
        kept = np.flatnonzero((texts[1:] == texts[:-1]) & near & (texts[1:] % every == 0))
        first, second = row[words.ids[kept]], row[words.ids[kept + 1]]
        known = (first >= 0) & (second >= 0)
        keys, who = (first * n_words + second)[known], owners[texts[kept]][known]
        n_owners = int(owners.max(initial=0)) + 1
        written, by = np.unique(distinct(keys * n_owners + who) // n_owners, return_counts=True)
        pairs, times = np.unique(keys, return_counts=True)
        common = np.isin(pairs, written[by >= _LEAST_OWNERS])
        return cls(pairs[common], times[common].astype(np.int64))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """As named arrays, to be written."""
        return {"keys": self.keys, "times": self.times}


def _near(marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """(n - 1,) whether two neighbours, or a word next to them, have diacritics: hashtags cut into words have none."""
    padded = np.concatenate(([False], marked, [False]))
    near: npt.NDArray[np.bool_] = padded[:-3] | padded[1:-2] | padded[2:-1] | padded[3:]
    return near


@dataclass(frozen=True, slots=True)
class Restorer:
    """Reads words typed without diacritics.

    Attributes:
        vocabulary: the words.
        beside: which stand side by side.
        seen, unseen: (n_words,) by what a pair counted, and a second word's share, are multiplied after this word.
        shares: (n_words,) how often it stands beside another, of all words.
        forms: plain word -> rows of the words that it may be, for those that may be another than typed.
    """

    vocabulary: Vocabulary
    beside: Beside
    seen: Doubles
    unseen: Doubles
    shares: Doubles
    forms: Mapping[str, Rows]
    _stretches: dict[str, Words] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, vocabulary: Vocabulary, beside: Beside) -> Restorer:
        """Sum the counts up."""
        n_words = len(vocabulary.words)
        first, second = np.divmod(beside.keys, max(n_words, 1))
        times = beside.times.astype(np.float64)
        before, after = (np.bincount(rows, weights=times, minlength=n_words) for rows in (first, second))
        kinds = np.bincount(first, minlength=n_words)
        used = (before + after).astype(np.float64)
        forms: dict[str, list[int]] = {}
        for row in np.flatnonzero(used).tolist():
            forms.setdefault(vocabulary.plain_form(vocabulary.words[row]), []).append(row)
        return cls(
            vocabulary,
            beside,
            seen=1.0 / np.maximum(before, 1.0),
            unseen=np.where(before > 0, _DISCOUNT * kinds, 1.0) / np.maximum(before, 1.0),
            shares=used / max(float(used.sum()), 1.0),
            forms={
                plain: np.array(rows, dtype=np.int64)
                for plain, rows in forms.items()
                if any(vocabulary.words[row] != plain for row in rows)
            },
        )

    def restored(self, words: Sequence[str]) -> list[str]:
        """The words in order, those typed without diacritics as they were meant where that is sure."""
        read = list(words)
        several = [self.forms.get(word) if word.isascii() else None for word in words]
        for start, stop in self._doubtful(words, several):
            before, after = words[max(start - 1, 0) : start] or ("",), words[stop : stop + 1] or ("",)
            around = " ".join((*before, *words[start:stop], *after))
            read[start:stop] = recalled(self._stretches, around, self._stretch)
        return read

    def _stretch(self, around: str) -> Words:
        """Words that may be several, as they were meant; the first and the last, or nothing, are those beside them."""
        before, *typed, after = around.split(" ")
        columns = [self._only(before), *(self.forms[word] for word in typed), self._only(after)]
        meant = list(typed)
        for place, (rows, chances) in enumerate(self._chances(columns)):
            best = int(chances.argmax())
            if chances[best] >= _SURE:
                meant[place] = self.vocabulary.words[rows[best]]
        return tuple(meant)

    def _doubtful(self, words: Sequence[str], several: Sequence[Rows | None]) -> Iterator[tuple[int, int]]:
        """Stretches of words that may be several, where one at least is seldom meant as it was typed."""
        start, doubt = 0, False
        for place, rows in enumerate([*several, None]):
            if rows is None:
                if doubt:
                    yield start, place
                start, doubt = place + 1, False
            elif not doubt:
                typed = self.vocabulary.word_rows.get(words[place])
                bare = 0.0 if typed is None else float(self.shares[typed])
                doubt = bare < _DOUBTFUL * float(self.shares[rows].sum())

    def _only(self, word: str) -> Rows:
        """The row of a word, alone; none where there is no such word."""
        row = self.vocabulary.word_rows.get(word)
        return np.array([] if row is None else [row], dtype=np.int64)

    def _chances(self, columns: Sequence[Rows]) -> Iterator[tuple[Rows, Doubles]]:
        """For each column but the first and last, its rows and how likely each is, given all the others."""
        steps = [self._steps(one, two) for one, two in pairwise(columns)]
        forward = [np.ones(max(len(columns[0]), 1))]
        for step in steps:
            forward.append(_scaled(forward[-1] @ step))
        backward = np.ones(max(len(columns[-1]), 1))
        told = []
        for column, step, ahead in zip(columns[-2:0:-1], steps[:0:-1], forward[-2:0:-1], strict=True):
            backward = _scaled(step @ backward)
            told.append((column, _scaled(ahead * backward)))
        return reversed(told)

    def _steps(self, one: Rows, two: Rows) -> Doubles:
        """(len(one) or 1, len(two) or 1) how likely each of `two` follows each of `one`; none is a word not known."""
        if not len(two):
            return np.ones((max(len(one), 1), 1))
        if not len(one):
            return self.shares[two][None, :]
        keys = (one[:, None] * len(self.vocabulary.words) + two).ravel()
        at = np.minimum(np.searchsorted(self.beside.keys, keys), len(self.beside.keys) - 1)
        times = np.where(self.beside.keys[at] == keys, self.beside.times[at], 0).reshape(len(one), len(two))
        counted = np.maximum(times - _DISCOUNT, 0.0) * self.seen[one][:, None]
        steps: Doubles = counted + self.unseen[one][:, None] * self.shares[two]
        return steps


def _scaled(values: Doubles) -> Doubles:
    scaled: Doubles = values / max(float(values.sum()), 1e-300)
    return scaled
