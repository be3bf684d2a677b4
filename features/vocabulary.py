"""The features of a text: words as written, words without diacritics, and pairs of those.

The lexical index and the static encoder read texts through the same three kinds of feature, each with its own table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from features.ragged import distinct, stretches
from features.text import TokenBatch, strip_diacritics


@dataclass(frozen=True, slots=True)
class Bags:
    """Feature rows of many texts.

    Attributes:
        rows: (n_features,) rows of the vector table, texts one after another.
        offsets: (n_texts + 1,) where each text's rows start and end.
    """

    rows: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which features have a row: words first, then plain words, then pairs of plain words.

    Attributes:
        words: words as written, row = position.
        plain: words without diacritics, row = n_words + position.
        pair_keys: (n_pairs,) sorted int64, `first * n_plain + second` of two neighbouring plain words;
            row = n_words + n_plain + position.
        word_rows, plain_rows: position of each word and of each plain word.
    """

    words: tuple[str, ...]
    plain: tuple[str, ...]
    pair_keys: npt.NDArray[np.int64]
    word_rows: dict[str, int] = field(init=False, repr=False)
    plain_rows: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "word_rows", {word: i for i, word in enumerate(self.words)})
        object.__setattr__(self, "plain_rows", {word: i for i, word in enumerate(self.plain)})

    def __len__(self) -> int:
        return len(self.words) + len(self.plain) + len(self.pair_keys)

    @property
    def first_plain(self) -> int:
        """Row of the first plain word; rows before it are words as written."""
        return len(self.words)

    @property
    def starts(self) -> tuple[int, int, int, int]:
        """First row of words, plain words and pairs, and the end."""
        return 0, len(self.words), len(self.words) + len(self.plain), len(self)

    def plain_form(self, word: str) -> str:
        """The word without diacritics, as the plain words are spelled."""
        return _plain(word)

    def knows(self, word: str) -> bool:
        """Whether the word stands in any text, with or without its diacritics."""
        return word in self.word_rows or _plain(word) in self.plain_rows

    def term(self, row: int) -> tuple[str, ...]:
        """What a row stands for: ("words", word), ("plain", word) or ("pairs", first, second)."""
        if row < self.first_plain:
            return "words", self.words[row]
        if row < self.first_plain + len(self.plain):
            return "plain", self.plain[row - self.first_plain]
        first, second = divmod(int(self.pair_keys[row - self.first_plain - len(self.plain)]), len(self.plain))
        return "pairs", self.plain[first], self.plain[second]

    def pair_row(self, first: str, second: str) -> int | None:
        """Row of two neighbouring words, read without diacritics; None when no text has them side by side."""
        one, two = self.plain_rows.get(_plain(first)), self.plain_rows.get(_plain(second))
        if one is None or two is None:
            return None
        key = one * len(self.plain) + two
        at = int(np.searchsorted(self.pair_keys, key))
        found = at < len(self.pair_keys) and self.pair_keys[at] == key
        return len(self.words) + len(self.plain) + at if found else None

    def pair_rows(self, words: Sequence[str]) -> list[int]:
        """Row of the pair that each word makes with the next, read without diacritics; -1 when no text has it."""
        plain = np.array([self.plain_rows.get(_plain(word), -1) for word in words], dtype=np.int64)
        found: list[int] = self._pair_rows(plain, np.array([0, len(plain)])).tolist() if len(plain) else []
        return found

    def rows(
        self, ids: npt.NDArray[np.int32], offsets: npt.NDArray[np.int64], vocabulary: Sequence[str], max_words: int
    ) -> Bags:
        """Rows of token ids (n_tokens,) into `vocabulary`, texts bounded by `offsets`; the first `max_words` count."""
        ids, offsets = _truncate(ids, offsets, max_words)
        word_row = np.array([self.word_rows.get(w, -1) for w in vocabulary], dtype=np.int64)
        plain_id = np.array([self.plain_rows.get(_plain(w), -1) for w in vocabulary], dtype=np.int64)
        plain = plain_id[ids] if len(ids) else np.empty(0, np.int64)
        found = np.full((len(ids), 3), -1, dtype=np.int64)
        if len(ids):
            found[:, 0] = word_row[ids]
            found[:, 1] = np.where(plain >= 0, plain + len(self.words), -1)
            found[:, 2] = self._pair_rows(plain, offsets)
        flat = found.ravel()
        kept = flat >= 0
        ends = np.concatenate(([0], np.cumsum(kept)))
        return Bags(rows=flat[kept], offsets=ends[offsets * 3])

    def _pair_rows(self, plain: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Row of the pair that each token starts, or -1; a text's last token starts none."""
        following = np.append(plain[1:], -1)
        last = offsets[1:][np.diff(offsets) > 0] - 1
        following[last] = -1
        keys = np.where((plain >= 0) & (following >= 0), plain * len(self.plain) + following, -1)
        if not len(self.pair_keys):
            return np.full(len(plain), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.pair_keys, keys), len(self.pair_keys) - 1)
        first_pair = len(self.words) + len(self.plain)
        return np.where(self.pair_keys[at] == keys, at + first_pair, -1)


@lru_cache(maxsize=100_000)
def _plain(word: str) -> str:
    """Without diacritics; the words of briefs come again and again."""
    return strip_diacritics(word)


def _truncate(
    ids: npt.NDArray[np.int32], offsets: npt.NDArray[np.int64], most: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    lengths = np.diff(offsets)
    if not len(lengths) or lengths.max() <= most:
        return ids, offsets
    kept = np.minimum(lengths, most)
    return ids[stretches(offsets[:-1], kept)], np.concatenate(([0], np.cumsum(kept)))


def build_vocabulary(batch: TokenBatch, *, min_count: int, min_pair_count: int | None) -> Vocabulary:
    """Features that stand in at least `min_count` texts, each kind in sorted order.

    Pairs count by how often they stand together in all; with `min_pair_count` None there are none.
    """
    texts = np.repeat(np.arange(len(batch.offsets) - 1), np.diff(batch.offsets))
    words = _frequent(batch.ids, texts, batch.vocabulary, min_count)
    stripped, plain_of = np.unique(np.array([strip_diacritics(w) for w in batch.vocabulary]), return_inverse=True)
    plain_ids = plain_of[batch.ids].astype(np.int64) if len(batch.ids) else np.empty(0, np.int64)
    plain = _frequent(plain_ids, texts, stripped.tolist(), min_count)
    if min_pair_count is None:
        return Vocabulary(tuple(words), tuple(plain), np.empty(0, np.int64))
    rank = {word: i for i, word in enumerate(plain)}
    to_plain = np.array([rank.get(word, -1) for word in stripped.tolist()], dtype=np.int64)
    in_plain = to_plain[plain_ids] if len(plain_ids) else plain_ids
    return Vocabulary(tuple(words), tuple(plain), _pair_keys(in_plain, texts, len(plain), min_pair_count))


def _frequent(
    ids: npt.NDArray[np.integer], texts: npt.NDArray[np.int64], names: Sequence[str], least: int
) -> list[str]:
    """Names, sorted, of the ids that stand in at least `least` different texts."""
    if not len(ids):
        return []
    seen = distinct(texts * len(names) + ids) % len(names)
    counts = np.bincount(seen, minlength=len(names))
    return sorted(names[i] for i in np.flatnonzero(counts >= least).tolist())


def _pair_keys(
    plain: npt.NDArray[np.int64], texts: npt.NDArray[np.int64], n_plain: int, least: int
) -> npt.NDArray[np.int64]:
    """Sorted keys of neighbouring plain words that stand together at least `least` times."""
    together = (texts[1:] == texts[:-1]) & (plain[1:] >= 0) & (plain[:-1] >= 0)
    keys, counts = np.unique(plain[:-1][together] * n_plain + plain[1:][together], return_counts=True)
    frequent: npt.NDArray[np.int64] = keys[counts >= least]
    return frequent
