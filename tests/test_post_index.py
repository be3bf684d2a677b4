"""Search by vector misses nothing, and an erased post is really gone: from memory and from the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolmatch.errors import BundleDamaged
from models.post_index import VectorIndex, one_thread

DIMENSION = 8


def vectors(n: int, seed: int = 1) -> npt.NDArray[np.float32]:
    drawn = np.random.default_rng(seed).normal(size=(n, DIMENSION))
    unit = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    stored: npt.NDArray[np.float32] = unit.astype(np.float16).astype(np.float32)  # what 16 bits can hold
    return stored


def built(n: int) -> VectorIndex:
    return VectorIndex.build(vectors(n), np.arange(n, dtype=np.int64) + 100)


@settings(deadline=None)
@given(st.integers(0, 20), st.integers(0, 30), st.integers(0, 1000))
def test_search_finds_the_nearest_best_first(n: int, k: int, seed: int) -> None:
    one_thread()
    query = vectors(1, seed)[0]
    ids, found = built(n).search(query, k)
    products = vectors(n) @ query if n else np.empty(0)
    order = np.argsort(-products, kind="stable")[: min(k, n)]
    assert ids.tolist() == (order + 100).tolist()
    assert found == pytest.approx(products[order], abs=1e-6)


def test_an_erased_vector_is_gone_from_memory_and_file(tmp_path: Path) -> None:
    index, file = built(5), tmp_path / "posts.faiss"
    secret = vectors(5)[2]
    assert index.vectors(np.array([102]))[0].tolist() == secret.tolist()
    index.save(file)
    assert secret.astype(np.float16).tobytes() in file.read_bytes()

    erased = index.without([102])
    erased.save(file)
    assert len(erased) == 4
    assert 102 not in erased.search(secret, 5)[0]
    with pytest.raises(RuntimeError):
        erased.vectors(np.array([102]))
    assert secret.astype(np.float16).tobytes() not in file.read_bytes()


def test_erasing_leaves_the_rest_and_the_original_as_they_were() -> None:
    index = built(5)
    erased = index.without([100, 104, 999])
    left = np.array([101, 102, 103])
    assert erased.vectors(left).tolist() == index.vectors(left).tolist()
    assert len(index) == 5


def test_a_saved_index_answers_the_same(tmp_path: Path) -> None:
    index, query = built(9), vectors(1, 5)[0]
    index.save(tmp_path / "posts.faiss")
    again = VectorIndex.load(tmp_path / "posts.faiss")
    (ids, found), (ids_again, found_again) = index.search(query, 4), again.search(query, 4)
    assert ids.tolist() == ids_again.tolist()
    assert found.tolist() == found_again.tolist()


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "posts.faiss"
    built(9).save(file)
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(BundleDamaged, match=r"posts\.faiss"):
        VectorIndex.load(file)
