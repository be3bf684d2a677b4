"""Glued hashtags cut into words: #dichvucongtructuyen is "dich vu cong truc tuyen", #ReviewAnNgon "review an ngon".

The best cut is found over words and neighbouring pairs counted (without diacritics) in captions, and competes with the
tag kept whole. A tag is cut only where the cut is clearly likelier and its words have been seen side by side; else it
stays one word, as #fyp does. The words of a cut tag replace it: both sides of a match are cut by the same rules, so the
glued form need not be kept beside them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from math import inf, log
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from features.diacritics import is_syllable, plain_syllables, strip_diacritics
from features.phrases import phrases
from features.recall import recalled

MAX_TAG: Final = 64  # letters; longer ones are kept whole, so that the work for a tag is bounded
_MIN_TAG: Final = 4  # shorter ones are abbreviations
_FIGURES: Final = frozenset("0123456789")
_MAX_PART: Final = 12  # letters of the longest word looked for inside a tag
_BUILT_IN_WEIGHT: Final = 5  # a built-in phrase counts like this many captions
_MIN_COUNT: Final = 5  # a word that is no syllable must be this frequent to be looked for inside tags
_MIN_PAIR_COUNT: Final = 3
_MAX_WORDS: Final = 30_000  # the most frequent words and pairs are enough, and keep the bundle small
_MAX_PAIRS: Final = 100_000

# Chosen by reason; a real catalogue shows that cuts hardly depend on them (docs/decisions/0001-vietnamese-text.md).
_PAIR_TRUST: Final = 20.0  # how many sightings of the first word equal the belief in independence
_UNSEEN: Final = 0.1  # count of a syllable that can exist but was never read
_LETTERS: Final = log(12.0)  # cost of each letter of a word never read
_WHOLE: Final = 2.0  # further cost of such a word
_LEAN: Final = 2.0  # further cost of a tag that people also write glued in their texts
_DIGITS: Final = log(1000.0)  # cost of a number
_LONE: Final = 4.0  # further cost of a word of one letter ("o to", "y te")

_CAMEL: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


_Word = tuple[int, str, float]  # letters, spelling and cost of a word that may begin somewhere

# A partial cut: cost so far, seams never seen so far, its last word, where that begins, and the cut before it.
# A plain tuple, because a tag makes dozens and a month of posts a million tags.
_Step = tuple[float, int, str, int, "_Step | None"]


@dataclass(slots=True)
class _Node:
    """What some first letters lead to: one letter further, and the words that they begin with, shortest first."""

    words: tuple[_Word, ...] = ()
    below: dict[str, _Node] = field(default_factory=dict)


@dataclass(frozen=True)
class HashtagSplitter:
    """Counts of plain words and of neighbouring pairs, and the cuts they imply.

    Attributes:
        counts: how often each word was read; a syllable that can exist but was not read has 0.
        pairs: first word to second word to how often they stood together.
        total: all words read.
    """

    counts: Mapping[str, int]
    pairs: Mapping[str, Mapping[str, int]]
    total: int
    _costs: dict[str, float] = field(init=False, repr=False, compare=False)
    _tree: _Node = field(init=False, repr=False, compare=False)
    _cuts: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_costs", _word_costs(self.counts, self.total))
        object.__setattr__(self, "_tree", _tree(self._costs))

    @classmethod
    def default(cls) -> HashtagSplitter:
        """A splitter that knows the built-in phrases only."""
        return _default()

    @classmethod
    def fit(
        cls, ids: npt.NDArray[np.int32], offsets: npt.NDArray[np.int64], vocabulary: Sequence[str]
    ) -> HashtagSplitter:
        """A splitter that has counted tokens `ids` (n_tokens,) of texts bounded by `offsets`, beside the phrases."""
        words, pairs = _built_in()
        if len(ids):
            plain, plain_of = np.unique([strip_diacritics(word) for word in vocabulary], return_inverse=True)
            tokens = plain_of[ids].astype(np.int64)
            words.update(_word_counts(tokens, plain.tolist()))
            pairs.update(_pair_counts(tokens, offsets, plain.tolist()))
        return cls._of(dict(words.most_common(_MAX_WORDS)), pairs.most_common(_MAX_PAIRS))

    @classmethod
    def _of(cls, words: Mapping[str, int], pairs: Iterable[tuple[tuple[str, str], int]]) -> HashtagSplitter:
        nested: dict[str, dict[str, int]] = {}
        for (first, second), count in sorted(pairs):
            if first in words and second in words:
                nested.setdefault(first, {})[second] = count
        counts = dict.fromkeys(sorted(word for word in plain_syllables() if len(word) > 1), 0)
        return cls({**counts, **dict(sorted(words.items()))}, nested, sum(words.values()))

    def to_dict(self) -> dict[str, Any]:
        """Counts as plain data; what was never read is left out."""
        return {"words": {word: count for word, count in self.counts.items() if count}, "pairs": self.pairs}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> HashtagSplitter:
        """Read what `to_dict` wrote."""
        pairs = (((a, b), count) for a, following in content["pairs"].items() for b, count in following.items())
        return cls._of(content["words"], pairs)

    def split(self, tag: str) -> tuple[str, ...]:
        """The words of a tag (letters and digits, without #) in lower case; the tag itself where no cut is safe."""
        lower = tag.lower()
        if not _MIN_TAG <= len(tag) <= MAX_TAG:
            return (lower,)
        pieces = _camel_pieces(tag)
        if len(pieces) < 2:
            return self._cut(lower)
        return tuple(word for piece in self._joined_brands(pieces) for word in self._cut(piece))

    def _joined_brands(self, pieces: list[str]) -> list[str]:
        """Camel-case pieces, with those that only together are a word put together (TikTok, YouTube)."""
        joined: list[str] = []
        for piece in pieces:
            both = joined[-1] + piece if joined else ""
            if self.counts.get(both, 0) >= _MIN_COUNT and self._cut(both) == (both,):
                joined[-1] = both
            else:
                joined.append(piece)
        return joined

    def _cut(self, tag: str) -> tuple[str, ...]:
        return recalled(self._cuts, tag, self._likeliest)

    def _likeliest(self, tag: str) -> tuple[str, ...]:
        """The likeliest words of a lower-case tag, or the tag."""
        plain = strip_diacritics(tag)
        if len(plain) != len(tag) or len(tag) < _MIN_TAG:
            return (tag,)
        best = self._best_cut(tag, plain)
        if best is None or not self._is_safe(best, plain):
            return (tag,)
        starts = _starts(best)
        return tuple(tag[start:end] for start, end in zip(starts, [*starts[1:], len(tag)], strict=True))

    def _is_safe(self, cut: _Step, plain: str) -> bool:
        """Whether a cut is likelier than the tag as one word, and at least half of its seams have been seen."""
        whole = _LEAN + self._costs.get(plain, inf)
        if whole == inf:
            whole = _WHOLE + _LETTERS * len(plain)
        return cut[0] < whole and 2 * cut[1] <= len(_starts(cut)) - 1

    def _best_cut(self, tag: str, plain: str) -> _Step | None:
        """Viterbi over (last word, end): at most `_MAX_PART` words end anywhere, so time grows linearly with length."""
        ending: list[list[_Step]] = [[] for _ in range(len(plain) + 1)]
        for start in range(len(plain)):
            before = ending[start]
            if start and not before:
                continue
            for length, word, cost in self._words_at(tag, plain, start):
                step = self._joined(before, word, cost, start) if start else (cost, 0, word, 0, None)
                ending[start + length].append(step)
        return min(ending[-1], default=None)

    def _words_at(self, tag: str, plain: str, start: int) -> Sequence[_Word]:
        """The words that may begin at `start`, shortest first."""
        if plain[start] in _FIGURES:
            length = len(plain) - start - len(plain[start:].lstrip("0123456789"))
            return ((length, plain[start : start + length], _DIGITS),)
        node = self._tree
        for letter in plain[start:]:
            below = node.below.get(letter)
            if below is None:
                break
            node = below
        if tag.isascii():
            return node.words
        return [found for found in node.words if _can_be(tag[start : start + found[0]])]

    def _joined(self, before: list[_Step], word: str, alone: float, start: int) -> _Step:
        """The cheapest way to put a word behind the words that end where it begins."""
        best: _Step | None = None
        lone = _LONE if len(word) == 1 else 0.0
        for step in before:
            cost, unseen, previous = step[0] + alone, step[1], step[2]
            together = self.pairs.get(previous, _NOTHING).get(word)
            if together:
                behind = log((self.counts[previous] + _PAIR_TRUST) / together) + lone
                cost = min(cost, step[0] + behind)
            elif word[0] not in _FIGURES and previous[0] not in _FIGURES:
                unseen += 1
            if best is None or cost < best[0]:
                best = (cost, unseen, word, start, step)
        assert best is not None
        return best


_NOTHING: Final[Mapping[str, int]] = {}


@cache
def _default() -> HashtagSplitter:
    words, pairs = _built_in()
    return HashtagSplitter._of(words, pairs.items())


def _word_costs(counts: Mapping[str, int], total: int) -> dict[str, float]:
    """Minus log of each word's chance."""
    return {
        word: log(total + 1.0) - log(count or _UNSEEN) + (_LONE if len(word) == 1 else 0.0)
        for word, count in counts.items()
    }


def _tree(costs: Mapping[str, float]) -> _Node:
    """All words by their letters, so that a search knows when to stop; shorter words first, for longer ones add."""
    root = _Node()
    for word in sorted(costs, key=len):
        node = root
        for letter in word:
            if letter not in node.below:
                node.below[letter] = _Node(node.words)
            node = node.below[letter]
        node.words = (*node.words, (len(word), word, costs[word]))
    return root


def _built_in() -> tuple[Counter[str], Counter[tuple[str, str]]]:
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for phrase in phrases():
        for word in phrase:
            words[word] += _BUILT_IN_WEIGHT
        for pair in pairwise(phrase):
            pairs[pair] += _BUILT_IN_WEIGHT
    return words, pairs


def _word_counts(tokens: npt.NDArray[np.int64], names: list[str]) -> dict[str, int]:
    syllables = plain_syllables()
    counts = np.bincount(tokens, minlength=len(names)).tolist()
    return {name: count for name, count in zip(names, counts, strict=True) if _is_word(name, count, syllables)}


def _is_word(name: str, count: int, syllables: frozenset[str]) -> bool:
    """Whether a word may stand inside a tag: a syllable of two letters, or a frequent word of letters."""
    if not name.isascii() or not name.isalpha() or len(name) < 2:
        return False
    return name in syllables or (count >= _MIN_COUNT and 3 <= len(name) <= _MAX_PART)


def _pair_counts(
    tokens: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64], names: list[str]
) -> dict[tuple[str, str], int]:
    texts = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    inside = texts[1:] == texts[:-1]
    keys, counts = np.unique(tokens[:-1][inside] * len(names) + tokens[1:][inside], return_counts=True)
    often = counts >= _MIN_PAIR_COUNT
    return {
        (names[key // len(names)], names[key % len(names)]): count
        for key, count in zip(keys[often].tolist(), counts[often].tolist(), strict=True)
    }


def _camel_pieces(tag: str) -> list[str]:
    """Lower-case pieces of a tag that says by its capitals where words begin; none when it does not."""
    if tag.islower() or tag.isupper():
        return []
    plain = strip_diacritics(tag)
    spans = [found.span() for found in _CAMEL.finditer(plain)]
    covered = sum(end - start for start, end in spans)
    alone = any(end - start == 1 and plain[start] not in "AEIOUY0123456789" for start, end in spans)
    if alone or covered != len(tag) or len(tag.lower()) != len(tag):
        return []
    return [tag[start:end].lower() for start, end in spans]


def _can_be(part: str) -> bool:
    """Whether a part with diacritics is one syllable; without any it may be anything."""
    return part.isascii() or is_syllable(unicodedata.normalize("NFC", part))


def _starts(cut: _Step) -> list[int]:
    starts = []
    step: _Step | None = cut
    while step is not None:
        starts.append(step[3])
        step = step[4]
    return starts[::-1]
