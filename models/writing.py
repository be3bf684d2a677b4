"""A full disk, by whatever library it is met, is the OSError that it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
from safetensors import SafetensorError


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn what safetensors, polars and FAISS raise while they write into an OSError.

    FAISS knows RuntimeError alone; so use this around writing only.
    """
    try:
        yield
    except (SafetensorError, pl.exceptions.PolarsError, RuntimeError) as error:
        raise OSError(str(error)) from error
