"""FAISS over posts, each with an id, so that an erased post is really gone.

Numbers are kept in 16 bits: half the memory, a third less time, and 99.99 % of the 2,000 nearest of 300,000 posts are
those that 32 bits find (docs/decisions/0007). Up to 30,000 posts every one is looked at. Beyond that all are looked at
in four bits a pair of numbers (product quantisation, H. Jegou et al., "Product Quantization for Nearest Neighbor
Search", 2011), and the best of those in 16 bits: a third of the time for 99.7 % of the nearest (docs/decisions/0009).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
import numpy.typing as npt

from kolmatch.errors import BundleDamaged

_LOOKED_AT: Final = 30_000  # vectors that are all compared in 16 bits; beyond, two looks are faster
_COARSE_BITS: Final = 4  # of a pair of numbers; the widest that FAISS compares in registers
_COMPARED: Final = 4.0  # of the coarse search so many times the wanted are compared in 16 bits

Found = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """Inner-product search over unit vectors, each with an id (a row of the table it belongs to)."""

    index: Any

    @classmethod
    def build(cls, vectors: npt.NDArray[np.float32], ids: npt.NDArray[np.int64]) -> VectorIndex:
        """Index (n, dimension) float32 vectors under (n,) int64 ids."""
        dimension = vectors.shape[1]
        half = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        two_stages = len(vectors) > _LOOKED_AT and dimension % 2 == 0
        index = faiss.IndexIDMap2(_coarse_first(half) if two_stages else half)
        contiguous = np.ascontiguousarray(vectors)
        if two_stages:
            index.train(contiguous)
        index.add_with_ids(contiguous, ids)
        return cls(index)

    def __len__(self) -> int:
        return int(self.index.ntotal)

    def search(self, vector: npt.NDArray[np.float32], k: int) -> Found:
        """Ids and inner products of the k nearest, best first: ((k',), (k',)) with k' = min(k, size)."""
        return self.search_many(vector[None, :], k)[0]

    def search_many(self, vectors: npt.NDArray[np.float32], k: int) -> list[Found]:
        """The same for each of (n, dimension) vectors; reading the index once for all is what it costs."""
        k = min(k, len(self))
        if k == 0 or not len(vectors):
            return [(np.empty(0, np.int64), np.empty(0, np.float32))] * len(vectors)
        scores, ids = self.index.search(np.ascontiguousarray(vectors), k)
        return list(zip(ids, scores, strict=True))

    def without(self, ids: Sequence[int]) -> VectorIndex:
        """A copy in which the ids are gone, their vectors too, and what a coarse search had learned from them."""
        known = faiss.vector_to_array(self.index.id_map)
        kept = known[~np.isin(known, np.asarray(ids, dtype=np.int64))]
        return VectorIndex.build(self.vectors(kept), kept)

    def vectors(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """(len(ids), dimension) stored vectors."""
        found: npt.NDArray[np.float32] = self.index.reconstruct_batch(ids)
        return found

    def save(self, file: Path) -> None:
        """Write the index to a file."""
        faiss.write_index(self.index, str(file))

    @classmethod
    def load(cls, file: Path) -> VectorIndex:
        """Open an index: its codes stay pages of the file, shared with every other reader.

        Raises:
            BundleDamaged: FAISS cannot read the file.
        """
        try:
            return cls(faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC))
        except RuntimeError as error:
            raise BundleDamaged(
                f"The index {file} cannot be read: {error}. Train again or roll back to another version.",
                f"Không đọc được chỉ mục {file}: {error}. Hãy huấn luyện lại hoặc quay về phiên bản khác.",
            ) from error


def _coarse_first(exact: Any) -> Any:  # noqa: ANN401
    """An index that looks at everything coarsely and at the best of it in `exact`."""
    coarse = faiss.IndexPQFastScan(exact.d, exact.d // 2, _COARSE_BITS, faiss.METRIC_INNER_PRODUCT)
    both = faiss.IndexRefine(coarse, exact)
    both.k_factor = _COMPARED
    return both


def one_thread() -> None:
    """Let FAISS use one thread: for a single query two threads are slower, and workers share the cores."""
    faiss.omp_set_num_threads(1)
