"""Search by vector misses nothing, and an erased post is really gone: from memory and from the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolmatch.errors import BundleDamaged
from models import post_index
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


# --- beyond the number that is looked at in full --------------------------------------------------------------------


@pytest.fixture(scope="module")
def many() -> Iterator[VectorIndex]:
    """An index of 3,000 vectors, built as if that were too many to look at in full."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(post_index, "_LOOKED_AT", 1_000)
        one_thread()
        yield built(3_000)


def test_of_many_nearly_all_of_the_nearest_are_found_with_their_exact_products(many: VectorIndex) -> None:
    queries = vectors(20, seed=7)
    products = queries @ vectors(3_000).T
    nearest = np.argsort(-products, axis=1)[:, :50] + 100
    right = 0
    for query, own, best in zip(queries, products, nearest, strict=True):
        ids, found = many.search(query, 50)
        assert found == pytest.approx(own[ids - 100], abs=1e-6)
        assert list(found) == sorted(found, reverse=True)
        right += len(np.intersect1d(ids, best))
    assert right >= 950


def test_many_are_the_same_from_the_same_vectors_and_from_a_file(many: VectorIndex, tmp_path: Path) -> None:
    many.save(tmp_path / "first.faiss")
    built(3_000).save(tmp_path / "second.faiss")
    assert (tmp_path / "first.faiss").read_bytes() == (tmp_path / "second.faiss").read_bytes()
    again = VectorIndex.load(tmp_path / "first.faiss")
    assert again.search(vectors(1, 5)[0], 40)[0].tolist() == many.search(vectors(1, 5)[0], 40)[0].tolist()


def test_of_many_one_erased_is_gone_and_the_rest_are_as_they_were(many: VectorIndex) -> None:
    erased = many.without([102])
    assert len(erased) == 2_999
    assert 102 not in erased.search(vectors(3_000)[2], 50)[0]
    assert erased.vectors(np.array([101, 103])).tolist() == vectors(3_000)[[1, 3]].tolist()


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "posts.faiss"
    built(9).save(file)
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(BundleDamaged, match=r"posts\.faiss"):
        VectorIndex.load(file)
