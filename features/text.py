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
from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, count
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from features.diacritics import COMBINING, place_tone, strip_diacritics, without_echo
from features.hashtags import HashtagSplitter
from features.ragged import stretches
from features.recall import Words, recalled
from features.teencode import MEANINGS

__all__ = ["TokenBatch", "Tokeniser", "normalise", "strip_diacritics"]

MAX_WORD: Final = 64  # letters; longer ones are keys, not words, and are cut
_SLICE: Final = 20_000  # texts cut at once, so that memory does not grow with the catalogue
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


Ints = npt.NDArray[np.int64]
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


@dataclass(frozen=True)
class Tokeniser:
    """Cuts texts into canonical words; glued hashtags are cut by the splitter it holds."""

    splitter: HashtagSplitter = field(default_factory=HashtagSplitter.default)
    _chunks: dict[str, Words] = field(default_factory=dict, init=False, repr=False, compare=False)
    _pieces: dict[str, Words] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def fit(cls, texts: Texts) -> Tokeniser:
        """A tokeniser whose hashtag splitter has counted the words of these texts (hashtags themselves left out)."""
        batch = _Reader(_without_tags).read(texts[:: max(1, len(texts) // _FITTED)])
        return cls(HashtagSplitter.fit(batch.ids, batch.offsets, batch.vocabulary))

    def words(self, text: str | None) -> list[str]:
        """Canonical words of one text, in order."""
        return [word for piece in _CHUNK.findall(text or "") for word in self._chunk_words(piece)]

    def normalise(self, text: str | None) -> str:
        """The canonical words as one readable line; doing it twice changes nothing."""
        return " ".join(self.words(text))

    def batch(self, texts: Texts) -> TokenBatch:
        """Words of many texts; None and "" have none."""
        return _Reader(self._chunk_words).read(texts)

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


# --- many texts --------------------------------------------------------------------------------------------------


class _Reader:
    """Reads many texts, each distinct chunk once, and numbers the words in order of first appearance."""

    def __init__(self, chunk_words: Callable[[str], Words]) -> None:
        self._chunk_words = chunk_words
        self._chunk_rows: dict[str, int] = {}
        self._word_ids: defaultdict[str, int] = defaultdict(count().__next__)
        self._flat = array("i")  # word ids of the chunks, one chunk after another
        self._ends = array("q", [0])  # where each chunk's ids end

    def read(self, texts: Texts) -> TokenBatch:
        ids: list[npt.NDArray[np.int32]] = [np.empty(0, np.int32)]
        lengths: list[Ints] = [np.zeros(1, np.int64)]
        for codes, chunks_of_text, distinct in _cut_ahead(texts):
            rows = np.array(self._rows(distinct), dtype=np.int64)[codes]
            slice_ids, slice_lengths = self._placed(rows, chunks_of_text)
            ids.append(slice_ids)
            lengths.append(slice_lengths)
        return TokenBatch(np.concatenate(ids), np.cumsum(np.concatenate(lengths)), list(self._word_ids))

    def _rows(self, chunks: Sequence[str]) -> list[int]:
        """Rows of distinct chunks; those not met before are read."""
        known = self._chunk_rows
        for chunk in chunks:
            if chunk not in known:
                known[chunk] = len(known)
                self._flat.extend(map(self._word_ids.__getitem__, self._chunk_words(chunk)))
                self._ends.append(len(self._flat))
        return [known[chunk] for chunk in chunks]

    def _placed(self, rows: Ints, chunks_of_text: Ints) -> tuple[npt.NDArray[np.int32], Ints]:
        """Word ids in the place of each chunk, and how many words each text has."""
        ends = np.frombuffer(self._ends, dtype=np.int64)
        starts, counts = ends[rows], ends[rows + 1] - ends[rows]
        word_ends = np.concatenate(([0], np.cumsum(counts)))
        flat = np.frombuffer(self._flat, dtype=np.int32) if self._flat else np.empty(0, np.int32)
        text_ends = word_ends[np.concatenate(([0], np.cumsum(chunks_of_text)))]
        return flat[stretches(starts, counts)], np.diff(text_ends)


def _cut_ahead(texts: Texts) -> Iterator[tuple[Ints, Ints, list[str]]]:
    """Slices of texts, cut; Arrow cuts the next one while Python reads the words of this."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting: deque[Future[tuple[Ints, Ints, list[str]]]] = deque()
        for start in range(0, len(texts), _SLICE):
            waiting.append(pool.submit(_cut, texts[start : start + _SLICE]))
            if len(waiting) > 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _cut(texts: Texts) -> tuple[Ints, Ints, list[str]]:
    """Cut texts at ASCII white space: (n_chunks,) codes, (n_texts,) chunks of each text, and the distinct chunks."""
    column = pc.fill_null(_column(texts), "")
    lists = pc.ascii_split_whitespace(column)
    chunks = lists.flatten().dictionary_encode()
    counts = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    return chunks.indices.to_numpy(zero_copy_only=False), counts, chunks.dictionary.to_pylist()


def _column(texts: Texts) -> pa.Array:
    if isinstance(texts, pl.Series):
        return texts.cast(pl.String).to_arrow().cast(pa.large_string())
    try:
        return pa.array(texts, type=pa.large_string())
    except UnicodeEncodeError:  # half a surrogate pair: no letter, and not storable
        return pa.array([_storable(text) for text in texts], type=pa.large_string())


def _storable(text: str | None) -> str | None:
    return text and text.encode("utf-8", "replace").decode("utf-8")


def _without_tags(chunk: str) -> Words:
    return tuple(chain.from_iterable(map(_canonical, _pieces(chunk, lambda tag: ()))))
