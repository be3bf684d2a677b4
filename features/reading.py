"""Many texts to words: Arrow cuts them at white space, and each distinct chunk is read once."""

from __future__ import annotations

from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from features.ragged import stretches
from features.recall import Words
from features.text import Texts, TokenBatch

Ints = npt.NDArray[np.int64]

_SLICE: Final = 20_000  # texts cut at once, so that memory does not grow with the catalogue


class Reader:
    """Reads many texts, each distinct chunk once, and numbers the words in order of first appearance."""

    def __init__(self, chunk_words: Callable[[str], Words]) -> None:
        self._chunk_words = chunk_words
        self._chunk_rows: dict[str, int] = {}
        self._word_ids: defaultdict[str, int] = defaultdict(count().__next__)
        self._flat = array("i")  # word ids of the chunks, one chunk after another
        self._ends = array("q", [0])  # where each chunk's ids end

    def read(self, texts: Texts) -> TokenBatch:
        """Words of the texts."""
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
