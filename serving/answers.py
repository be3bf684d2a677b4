"""What the service needs from whatever answers briefs, and the place where the live one is kept and changed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from kolmatch.errors import BundleError, BundleMissing
from models.brief import Brief
from models.bundle_files import Champion, Manifest
from models.filters import EVERYONE, Filters
from models.shortlist import Shortlist

if TYPE_CHECKING:
    from models.profile import CreatorProfile


class Answers(Protocol):
    """A loaded model: safe to call from several threads at once."""

    @property
    def manifest(self) -> Manifest:
        """What the model is and what it was trained on."""

    @property
    def data_until(self) -> datetime | None:
        """When the newest post was published that it knows."""

    def shortlist(self, brief: Brief, k: int, filters: Filters = EVERYONE) -> Shortlist:
        """The best `k` creators for a brief.

        Raises:
            BriefRefused: the brief cannot be answered.
        """

    def creator(self, creator_id: str) -> CreatorProfile:
        """One creator.

        Raises:
            UnknownCreator: the model knows no such creator.
        """


class ModelSource(Protocol):
    """Where models come from."""

    def newest(self) -> Champion:
        """Which model should be live.

        Raises:
            BundleError: none, or it cannot be told.
        """

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
        self._loaded = Loaded(live.answers, newest.version)
        self._refused = None
        return self._loaded


def _still_loading() -> BundleMissing:
    return BundleMissing(
        "The model is still being loaded. Try again in a few seconds.",
        "Mô hình đang được nạp. Hãy thử lại sau vài giây.",
    )
