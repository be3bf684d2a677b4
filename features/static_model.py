"""Write the default encoder as a stock Sentence-Transformers model. Only training imports this; it needs torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from features.static_encoder import READING_FILE, UNKNOWN, StaticEncoder

_BETWEEN_WORDS: Final = r"[\s\p{P}\p{S}\p{C}]+"  # canonical words hold letters, marks and digits only


def save_static(encoder: StaticEncoder, folder: Path) -> None:
    """Write `encoder` into an existing folder, for `SentenceTransformer(folder)` and `StaticEncoder.load(folder)`."""
    stock = StaticEmbedding(_tokenizer(encoder), embedding_weights=encoder.vectors.copy())
    SentenceTransformer(modules=[stock, Normalize()], device="cpu").save_pretrained(
        str(folder), create_model_card=False
    )
    reading = {"max_words": encoder.max_words, "tokeniser": json.loads(encoder.tokeniser.to_json())}
    (folder / READING_FILE).write_text(json.dumps(reading, ensure_ascii=False), encoding="utf-8")


def _tokenizer(encoder: StaticEncoder) -> Tokenizer:
    """Words between white space and punctuation, in lower case, by their rows."""
    rows = {UNKNOWN: 0} | {word: i for i, word in enumerate(encoder.words, start=1)}
    tokenizer = Tokenizer(models.WordLevel(rows, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_BETWEEN_WORDS), "removed")
    tokenizer.enable_truncation(encoder.max_words)
    return tokenizer
