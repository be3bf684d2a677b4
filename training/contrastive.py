"""Train the static encoder: texts that belong together end up near each other, all others apart.

In-batch contrastive loss (van den Oord et al., "Representation Learning with Contrastive Predictive Coding", 2018,
eq. 4) over the pairs of `training.pairs`. Half of the regularisation is dropping words; the other is reading some
texts as if they had been typed without diacritics, so that both ways of typing meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import csr_matrix
from torch.nn import functional

from features.static_encoder import Vectors
from kolmatch.settings import EncoderSettings
from training.pairs import Corpus, Pairs, Spans, epoch_pairs

_TEMPERATURE: Final = 0.07  # of the softmax over a batch; docs/decisions/0006 has what it does to topic and style
_DROPPED_WORDS: Final = 0.2  # share of features left out at random on each side
_PLAIN_TEXTS: Final = 0.3  # share of texts read as if typed without diacritics
_LEAST_BATCH: Final = 16  # fewer pairs than this have too few negatives to teach anything

Rows = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]


def train_vectors(
    corpus: Corpus,
    idf: npt.NDArray[np.float32],
    first_plain: int,
    settings: EncoderSettings,
    rng: np.random.Generator,
    progress: Progress,
) -> Vectors:
    """Train one row per feature.

    Args:
        corpus: the texts as feature rows.
        idf: (n_features,) rarity of each feature; rare ones start longer.
        first_plain: rows before it are words as written, which a text typed without diacritics does not have.
        settings: dimension, epochs and steps at most, batch size, learning rate.
        rng: every random choice comes from it, torch's too.
        progress: called with (steps done, steps in all).

    Returns:
        (n_features, dimension) float32 rows, to be summed per text.
    """
    rows = torch.nn.Parameter(_starting_rows(idf, settings.dimension, rng))
    optimiser = torch.optim.Adam([rows], lr=settings.learning_rate, fused=True)  # six times faster here
    one_epoch = sum(1 for _ in _epoch(corpus, settings.batch_size, np.random.default_rng(0)))
    planned = max(min(settings.epochs * one_epoch, settings.max_steps), 1)
    epochs = (_epoch(corpus, settings.batch_size, rng) for _ in range(settings.epochs))
    for done, pairs in enumerate(islice(chain.from_iterable(epochs), settings.max_steps)):
        _set_rate(optimiser, settings.learning_rate * max(0.02, 1 - done / planned))
        optimiser.zero_grad()
        loss = _loss(rows, pairs, first_plain, rng)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        progress(min(done + 1, planned), planned)  # epochs are drawn anew, and one may have a batch more
    trained: Vectors = rows.detach().numpy()
    return trained


def _starting_rows(idf: npt.NDArray[np.float32], dimension: int, rng: np.random.Generator) -> torch.Tensor:
    start = rng.standard_normal((len(idf), dimension), dtype=np.float32) / np.sqrt(dimension)
    scaled = start * (idf / max(float(idf.sum()) / max(len(idf), 1), 1e-6))[:, None]
    return torch.from_numpy(scaled.astype(np.float32))


def _epoch(corpus: Corpus, batch_size: int, rng: np.random.Generator) -> Iterator[Pairs]:
    """Batches of every kind of pair, the kinds mixed."""
    batches = [batch for pairs in epoch_pairs(corpus, rng) for batch in pairs.batches(batch_size, rng)]
    for i in rng.permutation(len(batches)):
        if len(batches[i]) >= _LEAST_BATCH:
            yield batches[i]


def _set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate


def _loss(rows: torch.Tensor, pairs: Pairs, first_plain: int, rng: np.random.Generator) -> torch.Tensor:
    left = _read(pairs.left, pairs.left_texts, first_plain, rng)
    right = _read(pairs.right, pairs.right_texts, first_plain, rng)
    sums: torch.Tensor = _Sums.apply(rows, _membership([left, right], len(rows)))  # type: ignore[no-untyped-call]
    vectors = functional.normalize(sums, dim=1, eps=1e-6)
    return in_batch_loss(vectors[: len(pairs)], vectors[len(pairs) :], pairs.groups)


class _Sums(torch.autograd.Function):
    """Sums of rows by text, as a sparse product each way: a third of the time of torch's EmbeddingBag, same sums."""

    @staticmethod
    def forward(ctx: Any, rows: torch.Tensor, membership: csr_matrix) -> torch.Tensor:  # noqa: ANN401
        """(n_texts, dimension) sums of (n_features, dimension) rows."""
        ctx.membership = membership
        return torch.from_numpy(membership @ rows.detach().numpy())

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:  # noqa: ANN401
        """The gradient of the rows."""
        return torch.from_numpy(ctx.membership.T @ gradients[0].contiguous().numpy()), None


def _membership(sides: Sequence[tuple[Rows, Rows]], n_features: int) -> csr_matrix:
    """(n_texts, n_features) how often each feature stands in each text, the sides one after another."""
    columns = np.concatenate([rows for rows, _ in sides])
    lengths = np.concatenate([np.diff(offsets) for _, offsets in sides])
    ones = np.ones(len(columns), dtype=np.float32)
    return csr_matrix((ones, columns, np.concatenate(([0], np.cumsum(lengths)))), shape=(len(lengths), n_features))


def in_batch_loss(left: torch.Tensor, right: torch.Tensor, groups: npt.NDArray[np.int64]) -> torch.Tensor:
    """Each of (n, dimension) left is to find its own right among all, and back; kin (same group) are no negatives."""
    alike = left @ right.T / _TEMPERATURE
    kin = (groups[:, None] == groups[None, :]) & (groups[:, None] >= 0)
    np.fill_diagonal(kin, False)
    alike = alike.masked_fill(torch.from_numpy(kin), -1e4)
    own = torch.arange(len(left))
    return (functional.cross_entropy(alike, own) + functional.cross_entropy(alike.T, own)) / 2


def _read(texts: Spans, chosen: npt.NDArray[np.int64], first_plain: int, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Flat rows and (n + 1,) offsets of texts with words dropped, some of them as if typed without diacritics."""
    rows, offsets = texts.take(chosen)
    kept = rng.random(len(rows), dtype=np.float32) >= _DROPPED_WORDS
    plain = np.repeat(rng.random(len(chosen)) < _PLAIN_TEXTS, np.diff(offsets))
    kept &= ~(plain & (rows < first_plain))
    return rows[kept], np.concatenate(([0], np.cumsum(kept)))[offsets]
