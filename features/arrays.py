"""Arrays at rest, used where they lie: processes that read the same file have it in memory once."""

from __future__ import annotations

import json
import mmap
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_LENGTH_BYTES: Final = 8  # a file begins with the length of its header, little-endian


def map_arrays(file: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a safetensors file by name, read-only: pages of the file, shared with every other reader.

    https://huggingface.co/docs/safetensors describes the format. The file must not be changed while the arrays are in
    use, only replaced or removed. Its bytes are trusted: verify its hash before.
    """
    with file.open("rb") as opened:
        pages = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    first = _LENGTH_BYTES + int.from_bytes(pages[:_LENGTH_BYTES], "little")
    header = json.loads(pages[_LENGTH_BYTES:first])
    return {name: _array(pages, first, told) for name, told in header.items() if name != "__metadata__"}


def _array(pages: mmap.mmap, first: int, told: dict[str, Any]) -> npt.NDArray[Any]:
    dtype = _dtype(told["dtype"])
    start, stop = told["data_offsets"]
    return np.frombuffer(pages, dtype, (stop - start) // dtype.itemsize, first + start).reshape(told["shape"])


def _dtype(name: str) -> np.dtype[Any]:
    """Names are such as BOOL, F32, I64: a kind and its bits."""
    return np.dtype(np.bool_) if name == "BOOL" else np.dtype(f"<{name[0].lower()}{int(name[1:]) // 8}")
