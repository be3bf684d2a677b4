"""Texts below the word: pieces of words, and how a text is put on the page.

Pieces of words (three and four letters, without diacritics) match where words are glued, misspelt or shortened. The
surface is what a creator's own writing is recognised by: its wording (words in their case, punctuation and emoji, alone
and in pairs) and its shape (the same with every word replaced by its kind: lower case, capitals, figures). All are read
without diacritics, so that a text typed without them has the same features.

A feature is the CRC-32 of its spelling: a number that is the same everywhere and needs no table of strings. Among a
million features some hundred share a number by chance.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from features.diacritics import strip_diacritics
from features.ragged import rows_of

Features = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.int64]

_PIECE_LETTERS: Final = (3, 4)  # shorter pieces are in every text, longer ones are nearly words
_GONE: Final = re.compile(r"[#＃]\S*|https?://\S+|www\.\S+")  # hashtags and links are no wording of one's own
_MENTION: Final = re.compile(r"@[\w.]+")
_TOKEN: Final = re.compile(r"\w+|[^\w\s]")
_MOST_TOKENS: Final = 400  # how someone writes shows long before a text of many pages ends


@lru_cache(maxsize=200_000)
def word_pieces(word: str) -> tuple[int, ...]:
    """Features of one canonical word: its pieces, the ends marked, so that "an" begins and ends differently."""
    bounded = f" {strip_diacritics(word)} "
    return tuple(
        crc32(bounded[start : start + size].encode())
        for size in _PIECE_LETTERS
        for start in range(len(bounded) - size + 1)
    )


class Surface(NamedTuple):
    """How a text was put on the page, as features, each as often as it stands there."""

    wording: list[int]
    shape: list[int]


def surface_features(text: str | None) -> Surface:
    """Wording and shape of a text; names behind @, hashtags and links are left out."""
    composed = unicodedata.normalize("NFC", text or "")
    plain = strip_diacritics(_MENTION.sub(" @ ", _GONE.sub(" ", composed)))
    tokens = [found[0] for found in islice(_TOKEN.finditer(plain), _MOST_TOKENS)]
    return Surface(_runs(tokens, 2), _runs(list(map(_class, tokens)), 3))


@dataclass(frozen=True, slots=True)
class Surfaces:
    """Wording and shape of many texts.

    Attributes:
        wording, shape: (n_features,) uint32, texts one after another.
        wording_offsets, shape_offsets: (n_texts + 1,) where each text's features start and end.
    """

    wording: Features
    wording_offsets: Rows
    shape: Features
    shape_offsets: Rows

    def some(self, texts: Rows) -> Surfaces:
        """Those of some of the texts."""
        return Surfaces(
            *_chosen(self.wording, self.wording_offsets, texts), *_chosen(self.shape, self.shape_offsets, texts)
        )


def read_surfaces(texts: Iterable[str | None]) -> Surfaces:
    """Read many texts."""
    wording, shape = array("I"), array("I")
    ends: tuple[array[int], array[int]] = array("q", [0]), array("q", [0])
    for found in map(surface_features, texts):
        for flat, end, features in zip((wording, shape), ends, found, strict=True):
            flat.extend(features)
            end.append(len(flat))
    return Surfaces(
        np.array(wording, dtype=np.uint32), np.array(ends[0]), np.array(shape, dtype=np.uint32), np.array(ends[1])
    )


def _chosen(flat: Features, offsets: Rows, texts: Rows) -> tuple[Features, Rows]:
    at, lengths = rows_of(offsets, texts)
    return flat[at], np.concatenate(([0], np.cumsum(lengths)))


def _runs(tokens: Sequence[str], longest: int) -> list[int]:
    """Features of the tokens alone and of neighbours up to `longest` together."""
    coded = [token.encode("utf-8", "replace") for token in tokens]
    runs = [[crc32(token) for token in coded]]
    for size in range(1, longest):
        runs.append([crc32(last, crc32(b"\t", first)) for first, last in zip(runs[-1], coded[size:], strict=False)])
    return [feature for found in runs for feature in found]


@lru_cache(maxsize=100_000)
def _class(token: str) -> str:
    """What kind of word stands there; punctuation and emoji are themselves."""
    if token[0].isdigit():
        return "0" * min(len(token), 3)
    if not (token[0].isalpha() or token[0] == "_"):
        return token
    if token.islower():
        return "aa"
    if token.isupper() and len(token) > 1:
        return "AA"
    return "Aa" if token[0].isupper() else "aA"
