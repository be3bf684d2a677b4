"""What the service needs from whatever answers briefs, and the place where the live one is kept and changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kolmatch.errors import BundleError, BundleMissing
from models.brief import Brief, SimilarBrief
from models.bundle_files import Champion, Manifest
from models.filters import EVERYONE, Filters
from models.shortlist import Shortlist

if TYPE_CHECKING:
    # These bring the index libraries with them.
    from models.creator_search import CreatorHit, SimilarCreator, Topic
    from models.detail import PlatformMonth, Timeline
    from models.dossier import Dossier
    from models.matcher import Why
    from models.nomination import Nomination
    from models.profile import CreatorProfile


class Search(Protocol):
    """Finds creators without a brief."""

    def find(self, text: str, k: int) -> Sequence[CreatorHit]:
        """At most `k` creators by name, handle, field or id, best first; the text may lack its diacritics."""

    def topics(self, creator_id: str, k: int) -> Sequence[Topic]:
        """At most `k` hashtags that a creator uses more than others do.

        Raises:
            UnknownCreator: the model knows no such creator.
        """

    def similar(self, creator_id: str, k: int) -> Sequence[SimilarCreator]:
        """At most `k` creators who speak of the same things.

        Raises:
            UnknownCreator: the model knows no such creator.
        """


class Files(Protocol):
    """What the model holds of single creators that a person should look into."""

    def of(self, creator_id: str) -> Dossier:
        """A creator's dossier; an empty one for somebody whom the model does not know."""


class Details(Protocol):
    """What a person looks up beside a list."""

    def timeline(self, creator_id: str, ages: tuple[int, int], provinces: Sequence[str]) -> Timeline:
        """A creator's posts, forecasts, and who watches.

        Raises:
            UnknownCreator: the model knows no such creator.
            BriefRefused: there is no such province.
        """

    def months(self) -> Sequence[PlatformMonth]:
        """How views of everybody on a platform moved from month to month."""

    def facets_of(self, text: str) -> tuple[str, ...]:
        """At most three clauses of a brief's text that tell what it is about."""

    def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """How near each of the others is to a text in meaning: 1 the same, 0 nothing in common."""


class Answers(Protocol):
    """A loaded model: safe to call from several threads at once."""

    @property
    def manifest(self) -> Manifest:
        """What the model is and what it was trained on."""

    @property
    def data_until(self) -> datetime | None:
        """When the newest post was published that it knows."""

    @property
    def search(self) -> Search:
        """Creators by name, topic and likeness."""

    @property
    def dossiers(self) -> Files:
        """Accounts, posts and signs of bought attention of single creators."""

    @property
    def details(self) -> Details:
        """Histories, months and texts that a person looks up."""

    def why(self, brief: Brief, creator_id: str, by: str = "impact", filters: Filters = EVERYONE) -> Why:
        """Where a creator would stand for a brief, and what stands between them and the one above.

        Raises:
            BriefRefused: the brief cannot be answered.
            UnknownCreator: the model knows no such creator.
        """

    def similar_briefs(self, text: str, k: int) -> Sequence[SimilarBrief]:
        """The `k` imported briefs nearest in meaning."""

    def shortlist(self, brief: Brief, k: int, by: str = "impact", filters: Filters = EVERYONE) -> Shortlist:
        """The best `k` creators for a brief, by one of `models.shortlist.ORDERS`.

        Raises:
            BriefRefused: the brief cannot be answered.
        """

    def nominate(
        self, brief: Brief, name: str, captions: Sequence[str], k: int, filters: Filters = EVERYONE
    ) -> Nomination:
        """The place by fit that someone with these captions would have among the best `k` for a brief.

        Raises:
            BriefRefused: the brief cannot be answered.
        """

    def creator(self, creator_id: str) -> CreatorProfile:
        """One creator.

        Raises:
            UnknownCreator: the model knows no such creator.
        """


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model that is kept: what it is, or why that cannot be read (an error's code)."""

    bundle_id: str
    manifest: Manifest | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class MonthReport:
    """How a month's retraining ended ("2026-11"), in words, and the page that says what is different."""

    month: str
    vi: str
    en: str
    page: Path


class ModelSource(Protocol):
    """Where models come from."""

    def newest(self) -> Champion:
        """Which model should be live.

        Raises:
            BundleError: none, or it cannot be told.
        """

    def kept(self) -> Sequence[KeptModel]:
        """Every model that is kept here, usable or not, the newest month first."""

    def reports(self) -> Sequence[MonthReport]:
        """What the monthly job said of each month that is done, the newest first."""

    def load(self, bundle_id: str) -> Answers:
        """Read a model.

        Raises:
            BundleError: it is missing, damaged, or of another format.
        """


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that answers, and its version number in the registry."""

    answers: Answers
    version: int


class LiveModel:
    """The model that answers now, replaced by one assignment: a request has either the old or the new one whole."""

    def __init__(self, source: ModelSource) -> None:
        self.source = source
        self.changed: Callable[[], None] = _nobody_told  # called when another model has taken the live one's place
        self._loaded: Loaded | None = None
        self._refused: BundleError | None = None
        self._loading = threading.Lock()
        self.swaps = 0

    def load(self) -> Loaded:
        """Load the newest model beside the live one, then let requests reach it; nothing is done when it is live.

        Raises:
            BundleError: it cannot be used; the old one, if any, keeps answering.
        """
        with self._loading:
            try:
                return self._load()
            except BundleError as error:
                self._refused = error
                raise

    def loaded(self) -> Loaded:
        """The live model.

        Raises:
            BundleError: it is not loaded yet, or was refused.
        """
        if self._loaded is None:
            raise self._refused or _still_loading()
        return self._loaded

    def __call__(self) -> Answers:
        """The live model's answers; raises what `loaded` raises."""
        return self.loaded().answers

    @property
    def refused(self) -> BundleError | None:
        """Why the newest model is not the live one; None when it is."""
        return self._refused

    def _load(self) -> Loaded:
        newest = self.source.newest()
        live = self._loaded
        if live is None or live.answers.manifest.bundle_id != newest.bundle_id:
            live = Loaded(self.source.load(newest.bundle_id), newest.version)
            self.swaps += 1
        before, self._loaded = self._loaded, Loaded(live.answers, newest.version)
        self._refused = None
        if before is not None and before.answers is not live.answers:
            self.changed()
        return self._loaded


def _nobody_told() -> None:
    """A process that answers alone has nobody to tell."""


def _still_loading() -> BundleMissing:
    return BundleMissing(
        "The model is still being loaded. Try again in a few seconds.",
        "Mô hình đang được nạp. Hãy thử lại sau vài giây.",
    )
