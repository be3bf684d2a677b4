"""Fine-tune any Sentence-Transformers model on the catalogue, with the pairs that teach the static encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch.nn import functional

from features.documents import SPOKEN_LETTERS, caption_texts, post_texts, tag_texts
from features.encoder import SentenceEncoder
from features.text import TokenBatch
from kolmatch.settings import EncoderSettings
from training.contrastive import in_batch_loss
from training.pairs import Corpus, Pairs, Spans, epoch_pairs
from training.static_training import Reading, Rows, select, tags_among
from training.tables import Tables

_BATCH: Final = 32  # pairs per step: what two cores do in about a second with a small transformer

Progress = Callable[[int, int], None]


def fine_tune(
    encoder: SentenceEncoder,
    tables: Tables,
    reading: Reading,
    posts: Rows,
    settings: EncoderSettings,
    rng: np.random.Generator,
    progress: Progress,
) -> None:
    """Train the encoder's model in place, `settings.fine_tune_steps` steps, on some of the posts (rows of the tables).

    Texts are read with the prompts of their role: captions as briefs, whatever they are paired with as posts. With
    nothing to pair in the posts the model stays as it is. Every random choice comes from `rng`, torch's too.
    """
    corpus, texts = _corpus(tables, reading, posts)
    batches = _batches(corpus, rng)
    model = encoder.model
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**31)))
        model.train()
        optimiser = torch.optim.AdamW(model.parameters(), lr=settings.fine_tune_learning_rate)
        for step, pairs in zip(range(settings.fine_tune_steps), batches, strict=False):
            left = _vectors(model, encoder.query_prompt, texts[id(pairs.left)], pairs.left_texts)
            right = _vectors(model, encoder.document_prompt, texts[id(pairs.right)], pairs.right_texts)
            optimiser.zero_grad()
            in_batch_loss(left, right, pairs.groups).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            progress(step + 1, settings.fine_tune_steps)
        model.eval()


def _corpus(tables: Tables, reading: Reading, posts: Rows) -> tuple[Corpus, Mapping[int, Sequence[str]]]:
    """Which texts belong together, and the texts themselves by the spans that stand for them."""
    chosen = tables.posts[posts.tolist()]
    said = [tables.transcripts[post] for post in posts.tolist()]
    tag_ids, tag_posts = tags_among(reading, posts)
    batches = (reading.captions, reading.tags, reading.full, reading.transcripts)
    captions, tags, full, spoken = (_spans(select(batch, posts)) for batch in batches)
    corpus = Corpus(captions, tags, full, spoken, tables.owners[posts], tag_ids, tag_posts)
    transcripts = [(text or "")[:SPOKEN_LETTERS] for text in said]
    texts: dict[int, Sequence[str]] = {
        id(captions): caption_texts(chosen),
        id(tags): tag_texts(chosen),
        id(full): post_texts(chosen, said),
        id(spoken): transcripts,
    }
    return corpus, texts


def _spans(batch: TokenBatch) -> Spans:
    return Spans(batch.ids.astype(np.int64), batch.offsets[:-1], batch.offsets[1:])


def _batches(corpus: Corpus, rng: np.random.Generator) -> Iterator[Pairs]:
    """Batches without end, the kinds of pair mixed; none where nothing belongs together.

    Halves of texts are left out: a transformer would be shown pieces that nobody types.
    """
    whole = {id(spans) for spans in (corpus.captions, corpus.tags, corpus.full, corpus.transcripts)}
    while True:
        kinds = [pairs for pairs in epoch_pairs(corpus, rng) if id(pairs.left) in whole]
        batches = [batch for pairs in kinds for batch in pairs.batches(_BATCH, rng) if len(batch) > 1]
        if not batches:
            return
        for i in rng.permutation(len(batches)):
            yield batches[i]


def _vectors(model: Any, prompt: str, texts: Sequence[str], chosen: Rows) -> torch.Tensor:  # noqa: ANN401
    """(n, dimension) unit vectors with gradients."""
    features = model.preprocess([prompt + texts[i] for i in chosen.tolist()])
    return functional.normalize(model(features)["sentence_embedding"], dim=1, eps=1e-6)
