"""Arrays that stay pages of their file: the same values as in memory of their own, and nobody can change them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, boolean_dtypes, floating_dtypes, integer_dtypes
from safetensors.numpy import load_file, save_file

from features.arrays import map_arrays

kinds = boolean_dtypes() | integer_dtypes(endianness="<") | floating_dtypes(endianness="<", sizes=(16, 32, 64))
some = arrays(kinds, array_shapes(min_side=0, max_side=4))
Named: TypeAlias = dict[str, np.ndarray]


@given(st.dictionaries(st.sampled_from(["a", "b.c", "ă"]), some, min_size=1))
def test_mapped_arrays_are_what_was_saved(
    tmp_path_factory: pytest.TempPathFactory, given: dict[str, np.ndarray]
) -> None:
    file = tmp_path_factory.mktemp("arrays") / "a.safetensors"
    save_file({name: np.ascontiguousarray(array) for name, array in given.items()}, file)
    mapped = map_arrays(file)
    for name, array in load_file(file).items():
        np.testing.assert_array_equal(mapped[name], array)
        assert (mapped[name].dtype, mapped[name].shape) == (array.dtype, given[name].shape)
    assert mapped.keys() == given.keys()


def test_nobody_can_write_into_a_mapped_array(tmp_path: Path) -> None:
    save_file({"a": np.arange(3)}, tmp_path / "a.safetensors")
    array = map_arrays(tmp_path / "a.safetensors")["a"]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 7


def test_a_removed_file_stays_readable_for_who_has_mapped_it(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    save_file({"a": np.arange(100_000)}, file)
    array = map_arrays(file)["a"]
    file.unlink()
    assert int(array.sum()) == 4_999_950_000
