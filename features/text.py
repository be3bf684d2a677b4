"""Vietnamese text to canonical words: everything that is matched anywhere was made here.

A text is cut at ASCII white space into chunks, and a chunk becomes words by one Python function. The cut is all that
runs on every text (in Arrow); the function runs once per distinct chunk. So a million posts and one query are read by
the same rules: `Tokeniser.words(text)` is always the row that `Tokeniser.batch([text])` gives.

Words are readable: NFKC (so that 𝐟𝐚𝐧𝐜𝐲 letters are letters), lower case, tones placed as in "hòa, khỏe, thúy", repeated
letters once, short forms written out; links, mentions, e-mail addresses, emoji and punctuation are gone. Diacritics are
kept; `strip_diacritics` gives the form without them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.diacritics import COMBINING, place_tone, strip_diacritics, without_echo
from features.hashtags import HashtagSplitter
from features.recall import Words, recalled
from features.teencode import MEANINGS

__all__ = ["TokenBatch", "Tokeniser", "normalise", "strip_diacritics"]

MAX_WORD: Final = 64  # letters; longer ones are keys, not words, and are cut
_FITTED: Final = 300_000  # texts that hashtags learn from, spread over all: more would not change a cut

_CHUNK: Final = re.compile(r"[^ \t\n\v\f\r]+")  # the white space that Arrow cuts at, no more and no less
_GONE: Final = re.compile(
    r"(?:https?://|www\.)\S*"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<!\w)@[\w.]+"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|vn|net|org|ly|me|gl|tv|info|io|co|app|shop|link|page|gg|be|us|gle)/\S*",
    re.IGNORECASE,
)
_MAY_BE_GONE: Final = frozenset("/@.")  # without one of these nothing is a link, a mention or an address
_ENDS: Final = " ,.!?:;\"'()[]{}*~-+|"  # taken off first, because most chunks are then a word
_SIGN: Final = re.compile(r"[^\w#]|_")
_RUN: Final = re.compile(r"([^\W\d_c])\1{2,}")  # no c: "cccd" and "pccc" are meant
_THREE: Final = re.compile(r"(.)\1\1")  # much faster than finding out that there is no run
_RUN_IN_TAG: Final = re.compile(_RUN.pattern, re.IGNORECASE)
_SELECTORS: Final = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))  # how an emoji is drawn


Texts = Sequence[str | None] | pl.Series


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """The words of many texts.

    Attributes:
        ids: (n_tokens,) int32 into `vocabulary`, texts one after another.
        offsets: (n_texts + 1,) int64 where each text's words start and end.
        vocabulary: distinct words in order of first appearance.
    """

    ids: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    vocabulary: list[str]


def joined(batches: Sequence[TokenBatch]) -> TokenBatch:
    """Several batches as one, texts one after another."""
    names: dict[str, int] = {}
    ids, offsets = [], [np.zeros(1, dtype=np.int64)]
    for batch in batches:
        to = np.array([names.setdefault(word, len(names)) for word in batch.vocabulary], dtype=np.int32)
        ids.append(to[batch.ids] if len(batch.ids) else batch.ids)
        offsets.append(batch.offsets[1:] + offsets[-1][-1])
    return TokenBatch(np.concatenate(ids), np.concatenate(offsets), list(names))


@dataclass(frozen=True)
class Tokeniser:
    """Cuts texts into canonical words; glued hashtags are cut by the splitter it holds."""

    splitter: HashtagSplitter = field(default_factory=HashtagSplitter.default)
    _chunks: dict[str, Words] = field(default_factory=dict, init=False, repr=False, compare=False)
    _pieces: dict[str, Words] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def fit(cls, texts: Texts) -> Tokeniser:
        """A tokeniser whose hashtag splitter has counted the words of these texts (hashtags themselves left out)."""
        batch = _read(texts[:: max(1, len(texts) // _FITTED)], _without_tags)
        return cls(HashtagSplitter.fit(batch.ids, batch.offsets, batch.vocabulary))

    def words(self, text: str | None) -> list[str]:
        """Canonical words of one text, in order."""
        return [word for piece in _CHUNK.findall(text or "") for word in self._chunk_words(piece)]

    def normalise(self, text: str | None) -> str:
        """The canonical words as one readable line; doing it twice changes nothing."""
        return " ".join(self.words(text))

    def batch(self, texts: Texts) -> TokenBatch:
        """Words of many texts; None and "" have none."""
        return _read(texts, self._chunk_words)

    def to_json(self) -> str:
        """All that `from_json` needs, the same text for the same tokeniser."""
        return json.dumps({"hashtags": self.splitter.to_dict()}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, content: str) -> Tokeniser:
        """Read what `to_json` wrote."""
        return cls(HashtagSplitter.from_dict(json.loads(content)["hashtags"]))

    def _chunk_words(self, chunk: str) -> Words:
        return recalled(self._chunks, chunk, self._read_chunk)

    def _read_chunk(self, chunk: str) -> Words:
        pieces = _pieces(chunk, self.splitter.split)
        if len(pieces) == 1:
            return self._piece_words(pieces[0])
        return tuple(chain.from_iterable(map(self._piece_words, pieces)))

    def _piece_words(self, piece: str) -> Words:
        return recalled(self._pieces, piece, _canonical)


def _read(texts: Texts, chunk_words: Callable[[str], Words]) -> TokenBatch:
    from features.reading import Reader  # Arrow, 33 MiB that a service which only reads briefs does without

    return Reader(chunk_words).read(texts)


def normalise(text: str | None) -> str:
    """One readable canonical line, hashtags cut with the built-in counts; doing it twice changes nothing."""
    return _default().normalise(text)


@cache
def _default() -> Tokeniser:
    return Tokeniser()


# --- one chunk ---------------------------------------------------------------------------------------------------


def _pieces(chunk: str, split_tag: Callable[[str], Sequence[str]]) -> Sequence[str]:
    """Runs of letters and digits, in lower case; a run behind # is a hashtag and may be several."""
    text = unicodedata.normalize("NFKC", chunk.strip(_ENDS))
    if text.isalnum():
        return (text.lower(),)
    if text[:1] == "#" and text[1:].isalnum():
        return split_tag(_once_in_tag(text[1:]))
    if not _MAY_BE_GONE.isdisjoint(text):
        text = _GONE.sub(" ", text)
    return tuple(_runs(_SIGN.sub(_stand_in, text), split_tag))


def _runs(text: str, split_tag: Callable[[str], Sequence[str]]) -> Iterator[str]:
    for run in text.split():
        plain, *tags = run.split("#")
        yield plain.lower()
        for tag in tags:
            yield from split_tag(_once_in_tag(tag))


def _once_in_tag(tag: str) -> str:
    """Letters held down are one letter, whatever their case; the capitals that part words stay."""
    return _RUN_IN_TAG.sub(r"\1", tag) if _THREE.search(tag.lower()) else tag


def _stand_in(sign: re.Match[str]) -> str:
    """A mark that did not combine, or a joiner, closes up; a mark of another script stays; all else parts words."""
    char = sign[0]
    if char < "\x80":
        return " "
    if COMBINING.match(char) or char in _SELECTORS:
        return ""
    category = unicodedata.category(char)
    if category in ("Mn", "Mc"):
        return char
    return "" if category == "Cf" and char != "\u200b" else " "


def _canonical(piece: str) -> Words:
    """The word or words that a run of lower-case letters stands for."""
    word = piece if piece.isascii() else _closed_up(piece)
    word = place_tone(_once(word))[:MAX_WORD]
    if len(word) == 1 and len(piece) > 2 and word in MEANINGS:
        return (3 * word,)  # "kkkk" is laughter, not "không"
    return MEANINGS.get(word) or ((word,) if word else ())


def _closed_up(piece: str) -> str:
    """Lower-casing can bring marks back (İ), so they are composed or dropped once more."""
    return piece if piece.isalnum() else COMBINING.sub("", unicodedata.normalize("NFKC", piece))


def _once(word: str) -> str:
    """Letters held down are one letter: "đẹppp" is "đẹp", "quáaa" and "quáa" are "quá"; digits are left alone."""
    word = _RUN.sub(r"\1", word) if _THREE.search(word) else word
    return word if word.isascii() else without_echo(word)


def _without_tags(chunk: str) -> Words:
    return tuple(chain.from_iterable(map(_canonical, _pieces(chunk, lambda tag: ()))))
