"""Words that no post has, read as the words that were most likely meant: "kó" as "có", "thủ tcu" as "thủ tục".

Only words that would otherwise find nothing are read anew. Playful spellings of a first sound come before slips of one
letter (dropped, doubled, changed or swapped with the next); a slip counts only where the word so read stands beside one
of its neighbours in some post, for short syllables are one letter apart from many others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Final

import numpy as np

from features.vocabulary import Vocabulary
from models.lexical import LexicalIndex

# First letters as people play with them, and what they may stand for.
_SOUNDS: Final = {
    "f": ("ph",),
    "g": ("ng",),
    "h": ("nh",),
    "j": ("gi", "d"),
    "k": ("c",),
    "w": ("qu",),
    "z": ("v", "d", "gi"),
}
_LEAST_LETTERS: Final = 3  # a shorter word is one letter away from everything
_MOST_LETTERS: Final = 12  # a longer one is a name, or several words
_MOST_WORDS: Final = 32  # read anew of one text: one in another language has no end of words that no post has


@dataclass(frozen=True, slots=True)
class Speller:
    """Knows which words posts have, how often, and which stand side by side."""

    vocabulary: Vocabulary
    postings: LexicalIndex

    def meant(self, words: Sequence[str]) -> list[str]:
        """The words in order, each that no post has replaced by what it was likely meant to be, if anything."""
        read = list(words)
        unknown = [place for place, word in enumerate(words) if not self.vocabulary.knows(word)]
        for place in unknown[:_MOST_WORDS]:
            around = read[max(place - 1, 0) : place], read[place + 1 : place + 2]
            read[place] = self._by_sound(read[place]) or self._by_letter(read[place], *around) or read[place]
        return read

    def _by_sound(self, word: str) -> str | None:
        """The most frequent word that sounds the same, as written if there is one."""
        heard = [sound + word[1:] for sound in _SOUNDS.get(word[:1], ())]
        written = [other for other in heard if other in self.vocabulary.word_rows]
        found = written or [other for other in heard if self.vocabulary.knows(other)]
        return max(found, key=self._frequency, default=None)

    def _by_letter(self, word: str, before: Sequence[str], after: Sequence[str]) -> str | None:
        """The word one letter away, without diacritics, that stands most often beside the neighbours."""
        plain = self.vocabulary.plain_form(word)
        if not (_LEAST_LETTERS <= len(plain) <= _MOST_LETTERS and plain.isascii() and plain.isalpha()):
            return None
        near = sorted(other for other in set(_one_letter_away(plain)) if other in self.vocabulary.plain_rows)
        beside = {other: self._beside(other, before, after) for other in near}
        best = max(near, key=beside.__getitem__, default=None)
        return best if best is not None and beside[best] > 0 else None

    def _beside(self, word: str, before: Sequence[str], after: Sequence[str]) -> float:
        """How often a plain word stands beside its neighbours: the sum over both of log(1 + posts)."""
        pairs = [(other, word) for other in before] + [(word, other) for other in after]
        rows = [row for pair in pairs if (row := self.vocabulary.pair_row(*pair)) is not None]
        return float(sum(np.log1p(self._posts_with(row)) for row in rows))

    def _frequency(self, word: str) -> tuple[int, int]:
        """Posts that have the word as written, and without its diacritics."""
        written = self.vocabulary.word_rows.get(word)
        plain = self.vocabulary.plain_rows[self.vocabulary.plain_form(word)] + self.vocabulary.first_plain
        return self._posts_with(written) if written is not None else 0, self._posts_with(plain)

    def _posts_with(self, row: int) -> int:
        return int(self.postings.starts[row + 1] - self.postings.starts[row])


def _one_letter_away(word: str) -> Iterator[str]:
    """Every word made from this one by dropping, adding, changing or swapping letters at one place."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (head + letter + tail for letter in ascii_lowercase)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in ascii_lowercase)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
