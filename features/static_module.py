"""The default encoder as a Sentence-Transformers module: `SentenceTransformer(folder)` loads it, vector for vector.

Only training and those who want the model elsewhere import this; it needs torch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule

from features.static_encoder import StaticEncoder


class StaticText(InputModule):
    """Bag of trained rows over kolmatch's own tokeniser, ten times faster than a stock tokeniser."""

    def __init__(self, encoder: StaticEncoder) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library's, without annotations
        self.encoder = encoder
        self.embedding = torch.nn.EmbeddingBag.from_pretrained(
            torch.tensor(encoder.vectors), mode="sum", include_last_offset=True
        )

    def preprocess(self, inputs: Any, prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """Feature rows of the texts as tensors `input_ids` (n_features,) and `offsets` (n_texts + 1,)."""
        bags = self.encoder.bags([(prompt or "") + text for text in inputs])
        return {"input_ids": torch.from_numpy(bags.rows), "offsets": torch.from_numpy(bags.offsets)}

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Add `sentence_embedding` (n_texts, dimension), unit length."""
        pooled = self.embedding(features["input_ids"], features["offsets"])
        features["sentence_embedding"] = torch.nn.functional.normalize(pooled, dim=1, eps=1e-12)
        return features

    def get_embedding_dimension(self) -> int:
        """Length of a vector."""
        return self.encoder.dimension

    @property
    def max_seq_length(self) -> int:
        """Words of a text that count."""
        return self.encoder.max_words

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Write the encoder's own files, which the torch-free loader reads too."""
        self.encoder.save(Path(output_path))

    @classmethod
    def load(  # type: ignore[override]  # the library passes by name; what it passes beyond the folder is not needed
        cls, model_name_or_path: str, subfolder: str = "", **kwargs: Any
    ) -> StaticText:
        """Read the encoder's files from a model folder."""
        return cls(StaticEncoder.load(Path(model_name_or_path) / subfolder))


def save_as_sentence_transformer(encoder: StaticEncoder, folder: Path) -> None:
    """Write the encoder so that `SentenceTransformer(folder)` loads it wherever kolmatch is installed."""
    SentenceTransformer(modules=[StaticText(encoder)], device="cpu").save_pretrained(
        str(folder), create_model_card=False
    )
