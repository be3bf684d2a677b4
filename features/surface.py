"""Texts below the word: pieces of words, and how a text is put on the page.

Pieces of words (three and four letters, without diacritics) match where words are glued, misspelt or shortened. The
surface (words in their case, punctuation and emoji, alone and in neighbouring pairs) is what a creator's own wording is
recognised by. Both are read without diacritics, so that a text typed without them has the same features.

A feature is the CRC-32 of its spelling: a number that is the same everywhere and needs no table of strings. Among a
million features some hundred share a number by chance.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zlib import crc32

from features.diacritics import strip_diacritics

_PIECE_LETTERS: Final = (3, 4)  # shorter pieces are in every text, longer ones are nearly words
_GONE: Final = re.compile(r"[#＃]\S*|https?://\S+|www\.\S+")  # hashtags and links are no wording of one's own
_MENTION: Final = re.compile(r"@[\w.]+")
_TOKEN: Final = re.compile(r"\w+|[^\w\s]")


@lru_cache(maxsize=200_000)
def word_pieces(word: str) -> tuple[int, ...]:
    """Features of one canonical word: its pieces, the ends marked, so that "an" begins and ends differently."""
    bounded = f" {strip_diacritics(word)} "
    return tuple(
        crc32(bounded[start : start + size].encode())
        for size in _PIECE_LETTERS
        for start in range(len(bounded) - size + 1)
    )


def surface_features(text: str | None) -> list[int]:
    """Features of a text as it was put on the page, each as often as it stands there; names behind @ are left out."""
    composed = unicodedata.normalize("NFC", text or "")
    plain = strip_diacritics(_MENTION.sub(" @ ", _GONE.sub(" ", composed)))
    tokens = [token.encode("utf-8", "replace") for token in _TOKEN.findall(plain)]
    pairs = (crc32(second, crc32(first + b"\t")) for first, second in pairwise(tokens))
    return [*map(crc32, tokens), *pairs]
