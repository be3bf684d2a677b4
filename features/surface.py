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
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple
from zlib import crc32

from features.diacritics import strip_diacritics

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


def _runs(tokens: Sequence[str], longest: int) -> list[int]:
    """Features of the tokens alone and of neighbours up to `longest` together."""
    coded = [token.encode("utf-8", "replace") for token in tokens]
    runs = [[crc32(token) for token in coded]]
    for size in range(1, longest):
        runs.append([crc32(last, crc32(b"\t", first)) for first, last in zip(runs[-1], coded[size:], strict=False)])
    return [feature for found in runs for feature in found]


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
