"""The whole job: catalogue → encoder → index → fitted weights → bundle → registry."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from data.catalogue import Catalogue
from features.documents import brief_text, caption_texts, post_texts, tag_lists
from features.encoder import Encoder, SentenceEncoder, open_sentence_model
from features.static_encoder import StaticEncoder
from features.text import Tokeniser
from kolmatch.errors import TrainingBusy
from kolmatch.files import held, sha256_of
from kolmatch.settings import Settings
from models.brief import brief_from_row
from models.bundle import Contents, save_contents
from models.bundle_files import bundle_folder, settle, sweep, write_bundle
from models.creator_index import POST_FADE_DAYS, CreatorIndex, IndexedPosts, build_index
from models.forecast import ViewsForecast
from models.post_index import VectorIndex, one_thread
from models.preferences import DecidedList
from models.terms import Taught
from models.weights import Choices, Weights, default_weights, fit_mix, fit_weights, log_loss
from training.asking import learn_shares
from training.attention import bought_attention
from training.audience import fit_audience
from training.evaluation import held_out_metrics
from training.held_out import LEAST_KNOWN_POSTS, Question, Read, choices, read_questions, who_joined, whose_post
from training.lift_fit import liftable
from training.preferences import Learned as Preferred
from training.preferences import digest
from training.preferences import learn as learn_preferences
from training.provenance import as_recorded, code_sha256, installed_sha256
from training.static_training import Reading, read_words, select, tags_among, train_static
from training.tables import Tables, read_tables
from training.viewing import Seen
from training.views_fit import fit_views
from training.warm_start import read_pairs

Rows = npt.NDArray[np.int64]
Progress = Callable[[str, int, int], None]

STATIC: Final = "static"
_FADES: Final = (120.0, 240.0, POST_FADE_DAYS, 730.0, 3650.0)  # rates tried, in days
_FADE_QUESTIONS: Final = 300  # enough to tell rates apart that differ by a factor of two
_SHARES_DRAW: Final = 5  # which generator draws the pairs that shares are learned from; see `_Job._rng`
_CHOICES_DRAW: Final = 7  # which generator draws the briefs that staff's choices are judged on
DECISIONS: Final = "store/decisions"  # among what a bundle was trained on: lists that staff decided on
_LEAST_QUESTIONS: Final = 20  # fewer held-out questions than this say nothing about a dozen weights


@dataclass(frozen=True, slots=True)
class Learned:
    """What the last weeks, held out, taught: the weights and how well they do.

    Attributes:
        before: the posts that taught it were published before this moment; None: all that there are.
    """

    weights: Weights
    metrics: dict[str, float]
    fade_days: float = POST_FADE_DAYS
    before: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {
            "weights": self.weights.to_dict(),
            "metrics": self.metrics,
            "fade_days": self.fade_days,
            "before": self.before.isoformat() if self.before else None,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Learned:
        """The inverse of `to_dict`."""
        before = datetime.fromisoformat(values["before"]) if values["before"] else None
        return cls(Weights.from_dict(values["weights"]), values["metrics"], values["fade_days"], before)


def train(
    home: Path,
    settings: Settings,
    *,
    month: str,
    warm_start: Sequence[Path] = (),
    opted_out: Collection[str] = (),
    decided: Sequence[DecidedList] = (),
    progress: Progress,
) -> Path:
    """Make a bundle from the catalogue under `home` and return its folder; nothing is registered.

    Args:
        home: holds the catalogue; the bundle is written under `home/bundles`.
        settings: of this process.
        month: "2026-11", the month the model is made for.
        warm_start: files whose texts teach the static encoder general Vietnamese.
        opted_out: ids of creators who opted out after they were imported.
        decided: lists that staff decided on; real ones teach a real model, synthetic ones a synthetic one.
        progress: called with (stage, done, in all).

    Raises:
        CatalogueError: nothing was imported, or the catalogue is damaged.
        TooLittleData: fewer than two creators have posts with text.
        FileUnreadable: a warm-start file cannot be read.
        TrainingBusy: another training of this home folder is running.
    """
    Catalogue.open(home)  # a folder that is none is refused before a lock makes it one
    with alone(home):
        training = Training.read(home, settings, warm_start, opted_out, progress)
        return training.write(training.learn_weights(), month, decided)


def alone(home: Path) -> AbstractContextManager[None]:
    """Hold the training lock.

    Raises:
        TrainingBusy: another holds it.
    """
    busy = TrainingBusy(
        f"Another training of {home} is running. Let it end, then repeat.",
        f"Một lần huấn luyện khác trong {home} đang chạy. Hãy đợi nó xong rồi làm lại.",
    )
    return held(FileLock(home / "training.lock", timeout=0), busy)


def inputs(catalogue: Catalogue, warm_start: Sequence[Path], decided: Sequence[DecidedList]) -> dict[str, str]:
    """Hashes of all that a bundle is made from, by name: tables, warm-start files, lists that staff decided on."""
    files = {f"warm_start/{number}/{file.name}": sha256_of(file) for number, file in enumerate(warm_start, 1)}
    alike = _alike(catalogue, decided)
    return catalogue.hashes() | ({DECISIONS: digest(alike)} if alike else {}) | files


def _alike(catalogue: Catalogue, decided: Sequence[DecidedList]) -> list[DecidedList]:
    return [one for one in decided if one.synthetic == catalogue.is_synthetic()]


def _preferred(settings: Settings, decided: Sequence[DecidedList]) -> Preferred:
    rng = np.random.default_rng([settings.training.seed, _CHOICES_DRAW])
    return learn_preferences(decided, settings.matcher.fit_weight, settings.training.least_decided_briefs, rng)


class Training:
    """One training of a catalogue whose texts were read: `learn_weights`, then `write`. `train` does both."""

    def __init__(
        self,
        home: Path,
        settings: Settings,
        warm_start: Sequence[Path],
        tables: Tables,
        reading: Reading,
        shares: Taught,
        progress: Progress,
    ) -> None:
        self._home = home
        self._settings = settings
        self._warm_start = warm_start
        self._tables = tables
        self._reading = reading
        self._shares = shares
        self._progress = progress
        self._everything = np.arange(len(tables.owners), dtype=np.int64)

    @classmethod
    def read(
        cls,
        home: Path,
        settings: Settings,
        warm_start: Sequence[Path],
        opted_out: Collection[str],
        progress: Progress,
    ) -> Training:
        """Read the catalogue under `home`; arguments and errors are those of `train`."""
        progress("read", 0, 1)
        catalogue = Catalogue.open(home)
        catalogue.verify()
        tables = read_tables(catalogue, opted_out)
        extra = [pair for file in warm_start for pair in read_pairs(file)]
        progress("read", 1, 1)
        tokeniser = Tokeniser.fit(post_texts(tables.posts, tables.transcripts))
        rng = np.random.default_rng([settings.training.seed, _SHARES_DRAW])
        shares = learn_shares(extra, tokeniser, settings.matcher.max_query_terms, rng)
        progress("words of asked texts", 1, 1)
        reading = read_words(tables, tokeniser, extra)
        return cls(home, settings, warm_start, tables, reading, shares, progress)

    def write(self, learned: Learned, month: str, decided: Sequence[DecidedList]) -> Path:
        """Make the model on everything with the weights given, write its bundle, and return the bundle's folder."""
        catalogue = Catalogue.open(self._home)
        contents, save_encoder, metrics = self._contents(learned, Seen.read(catalogue, self._tables))
        preferred = _preferred(self._settings, _alike(catalogue, decided))
        contents = replace(contents, preferences=preferred.preferences)
        self._progress("write", 0, 1)
        fresh = bundle_folder(self._home, "fresh")
        sweep(fresh)
        manifest = write_bundle(
            fresh,
            lambda folder: save_contents(contents, folder, save_encoder),
            created_month=month,
            synthetic=catalogue.is_synthetic(),
            trained_on=inputs(catalogue, self._warm_start, decided),
            settings=as_recorded(self._settings),
            metrics=learned.metrics | metrics | preferred.metrics(),
            lock_hash=installed_sha256(),
            code_sha256=code_sha256(),
            seed=self._settings.training.seed,
            weights_before=learned.before.isoformat() if learned.before else "",
        )
        self._progress("write", 1, 1)
        return settle(fresh, manifest.bundle_id)

    def _rng(self, purpose: int) -> np.random.Generator:
        """A generator for one purpose, so that one step's draws never shift another's."""
        return np.random.default_rng([self._settings.training.seed, purpose])

    def learn_weights(self) -> Learned:
        """Hold the last weeks out, ask the rest about them, and fit; with too little to ask, keep the defaults."""
        age = self._cut()
        early = self._everything[self._tables.ages > age]
        late = self._everything[self._tables.ages <= age]
        questions = self._questions(early, late)
        if len(questions) < _LEAST_QUESTIONS:
            return Learned(default_weights(), {"held-out questions": float(len(questions))})
        fresh, encoder = self._index(early, stage="encoder on the past", since=age)
        ages = self._tables.ages[early] - age
        days = self._fade_days(fresh, encoder, questions, ages)
        index = fresh.fading(ages, days)
        written = self._ask(index, questions, self._read(index, encoder, questions), "questions")
        read = self._read(index, encoder, questions, typed_plain=True)
        plain = self._ask(index, questions, read, "questions typed without diacritics", typed_plain=True)
        metrics = held_out_metrics(questions, written, plain) | {"a post fades to 1/e in days": days}
        return Learned(fit_weights(written, plain), metrics, days)

    def _fade_days(
        self, index: CreatorIndex, encoder: Encoder, questions: list[Question], ages: npt.NDArray[np.float64]
    ) -> float:
        """The rate of fading under which a sample of the questions is answered best."""
        asked = questions[:: max(1, len(questions) // _FADE_QUESTIONS)]
        read = list(self._read(index, encoder, asked))
        losses = {}
        for days in _FADES:
            found = self._ask(index.fading(ages, days), asked, read, "how fast posts fade")
            losses[days] = log_loss(found, fit_mix(found))
        return min(losses, key=lambda days: losses[days])

    def _cut(self) -> float:
        """Age in days that parts the past from what is asked: the youngest share of the returning creators' posts."""
        owners, ages = self._tables.owners, self._tables.ages
        returning = np.bincount(owners, minlength=1)[owners] > LEAST_KNOWN_POSTS
        asked = ages[returning] if returning.any() else ages
        return float(np.quantile(asked, self._settings.training.holdout_share))

    def _questions(self, early: Rows, late: Rows) -> list[Question]:
        tables, most = self._tables, self._settings.training.max_fit_queries
        known = np.bincount(tables.owners[early], minlength=len(tables.creators)) >= LEAST_KNOWN_POSTS
        later = late[known[tables.owners[late]]]
        posts = tables.posts[later.tolist()]
        captions, owners = caption_texts(posts), tables.owners[later]
        asked = whose_post(captions, owners, most, self._rng(1))
        return asked + who_joined(captions, tag_lists(posts), owners, most // 2, self._rng(2))

    def _read(
        self, index: CreatorIndex, encoder: Encoder, questions: list[Question], *, typed_plain: bool = False
    ) -> Iterator[Read]:
        one_thread()
        most = self._settings.matcher.max_query_terms
        return read_questions(index, encoder, questions, typed_plain=typed_plain, max_terms=most)

    def _ask(
        self,
        index: CreatorIndex,
        questions: list[Question],
        read: Iterable[Read],
        stage: str,
        *,
        typed_plain: bool = False,
    ) -> Choices:
        return choices(
            index,
            questions,
            read,
            typed_plain=typed_plain,
            rng=self._rng(3),
            progress=lambda done, total: self._progress(stage, done, total),
        )

    def _index(self, posts: Rows, *, stage: str, since: float) -> tuple[CreatorIndex, Encoder]:
        """Encoder and index of some of the posts, ages counted from `since` days before the last post."""
        owners = self._tables.owners[posts]
        encoder = self._encoder(posts, stage)
        full = select(self._reading.full, posts)
        if isinstance(encoder, StaticEncoder):
            vectors = encoder.encode_words(full)
        else:
            spoken = [self._tables.transcripts[post] for post in posts]
            vectors = encoder.encode_posts(post_texts(self._tables.posts[posts.tolist()], spoken))
        tags, tagged = tags_among(self._reading, posts)
        indexed = IndexedPosts(
            words=full,
            surfaces=self._reading.surfaces.some(posts),
            vectors=vectors,
            owners=owners,
            ages=self._tables.ages[posts] - since,
            hashtags=self._reading.tag_names,
            tags=tags,
            tagged=tagged,
            aside=self._reading.extra or (),
        )
        return build_index(indexed, len(self._tables.creators), self._reading.tokeniser, self._shares), encoder

    def _encoder(self, posts: Rows, stage: str) -> Encoder:
        settings = self._settings.encoder
        if settings.model != STATIC:
            return self._sentence_encoder(posts, stage)
        owners = self._tables.owners[posts]
        return train_static(
            self._reading,
            posts,
            owners,
            settings,
            self._rng(4),
            lambda done, total: self._progress(stage, done, total),
        )

    def _sentence_encoder(self, posts: Rows, stage: str) -> Encoder:
        settings = self._settings.encoder
        encoder = open_sentence_model(settings.model, settings)
        if settings.fine_tune_steps:
            from training.fine_tuning import fine_tune

            fine_tune(
                encoder,
                self._tables,
                self._reading,
                posts,
                settings,
                self._rng(4),
                lambda done, total: self._progress(stage, done, total),
            )
        return encoder

    def _contents(self, learned: Learned, seen: Seen) -> tuple[Contents, Callable[[Path], None], dict[str, float]]:
        """The model on everything, how its encoder is written, and figures of its forecasts."""
        fresh, encoder = self._index(self._everything, stage="encoder", since=0.0)
        index = fresh.fading(self._tables.ages, learned.fade_days)
        briefs = [brief_from_row(row) for row in self._tables.briefs.iter_rows(named=True)]
        texts = [brief_text(brief.title, brief.text) for brief in briefs]
        vectors = np.stack([encoder.encode_brief(text) for text in texts]) if texts else _no_vectors(encoder)
        forecast, metrics = self._forecast(index, seen)
        contents = Contents(
            creators=self._tables.creators,
            accounts=self._tables.accounts,
            posts=self._tables.posts,
            briefs=self._tables.briefs,
            index=index,
            brief_vectors=VectorIndex.build(vectors, np.arange(len(texts), dtype=np.int64)),
            weights=learned.weights,
            encoder=encoder,
            forecast=forecast,
            audience=fit_audience(self._tables, index.creator_vectors, self._rng(6)),
            attention=bought_attention(self._tables),
        )
        return contents, lambda folder: _save_encoder(encoder, folder), metrics

    def _forecast(self, index: CreatorIndex, seen: Seen) -> tuple[ViewsForecast, dict[str, float]]:
        def report(done: int, total: int) -> None:
            self._progress("views", done, total)

        vectors = index.vectors.vectors(self._everything)
        return fit_views(
            seen.viewings,
            seen.observations,
            lambda away: liftable(seen.viewings, away, self._tables.posts, self._reading.full, vectors),
            len(self._everything),
            self._rng(5),
            report,
        )


def _no_vectors(encoder: Encoder) -> npt.NDArray[np.float32]:
    return np.empty((0, encoder.dimension), dtype=np.float32)


def _save_encoder(encoder: Encoder, folder: Path) -> None:
    """Write the encoder as a Sentence-Transformers model."""
    if isinstance(encoder, SentenceEncoder):
        encoder.model.save_pretrained(str(folder), safe_serialization=True)
    elif isinstance(encoder, StaticEncoder):
        from features.static_model import save_static

        save_static(encoder, folder)
