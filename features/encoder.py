"""What turns texts into vectors, whichever model does it."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors import SafetensorError

from features.static_encoder import READING_FILE, StaticEncoder, Vectors, unit
from kolmatch.errors import BundleMissing, ExtraMissing
from kolmatch.settings import EncoderSettings


class Encoder(Protocol):
    """Two roles, two verbs: posts are documents, briefs are queries."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def encode_posts(self, texts: Sequence[str]) -> Vectors:
        """(n_texts, dimension) unit vectors."""
        ...

    def encode_brief(self, text: str) -> Vectors:
        """(dimension,) unit vector."""
        ...


@dataclass(frozen=True, slots=True)
class SentenceEncoder:
    """Any Sentence-Transformers model, with the prompts it was trained for."""

    model: Any
    query_prompt: str
    document_prompt: str
    batch_size: int

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.model.get_embedding_dimension())

    def encode_posts(self, texts: Sequence[str]) -> Vectors:
        """(n_texts, dimension) unit vectors."""
        return self._encode(list(texts), self.document_prompt)

    def encode_brief(self, text: str) -> Vectors:
        """(dimension,) unit vector."""
        vector: Vectors = self._encode([text], self.query_prompt)[0]
        return vector

    def _encode(self, texts: list[str], prompt: str) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        found = self.model.encode(
            texts, prompt=prompt or None, batch_size=self.batch_size, show_progress_bar=False, convert_to_numpy=True
        )
        return unit(np.asarray(found, dtype=np.float32))


def load_encoder(folder: Path, settings: EncoderSettings) -> Encoder:
    """The encoder saved in a folder: the torch-free static one, or any Sentence-Transformers model."""
    if (folder / READING_FILE).exists():
        return StaticEncoder.load(folder)
    return open_sentence_model(str(folder), settings)


def open_sentence_model(name: str, settings: EncoderSettings) -> SentenceEncoder:
    """A model by local folder or hub name.

    Raises:
        ExtraMissing: sentence-transformers is not installed.
        BundleMissing: there is no such model, here or on the hub.
    """
    if importlib.util.find_spec("sentence_transformers") is None:
        raise ExtraMissing(
            "sentence-transformers is not installed. Run: pip install sentence-transformers",
            "Chưa cài sentence-transformers. Hãy chạy: pip install sentence-transformers",
        )
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(name, revision=settings.revision or None, device="cpu")
    except (OSError, ValueError, SafetensorError) as error:
        raise BundleMissing(
            f"The encoder {name!r} cannot be loaded: {error}. Give a model folder or a hub name in encoder.model.",
            f"Không nạp được bộ mã hóa {name!r}: {error}. Hãy ghi thư mục hoặc tên mô hình vào encoder.model.",
        ) from error
    return SentenceEncoder(model, settings.query_prompt, settings.document_prompt, batch_size=64)
