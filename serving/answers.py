"""What the service needs from whatever answers briefs, and the place where the live one is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from kolmatch.errors import BundleMissing
from models.brief import Brief
from models.bundle_files import Manifest
from models.shortlist import Shortlist

if TYPE_CHECKING:
    from models.profile import CreatorProfile  # brings the index libraries with it


class Answers(Protocol):
    """A loaded model: safe to call from several threads at once."""

    @property
    def manifest(self) -> Manifest:
        """What the model is and what it was trained on."""

    def shortlist(self, brief: Brief, k: int) -> Shortlist:
        """The best `k` creators for a brief.

        Raises:
            BriefRefused: the brief cannot be answered.
        """

    def creator(self, creator_id: str) -> CreatorProfile:
        """One creator.

        Raises:
            UnknownCreator: the model knows no such creator.
        """


AnswersSource: TypeAlias = Callable[[], Answers]


class LiveModel:
    """An `AnswersSource` whose model is loaded after the service has started, so that probes answer meanwhile."""

    def __init__(self, load: AnswersSource) -> None:
        self._load = load
        self._answers: Answers | None = None

    def load(self) -> None:
        """Load the model, then let requests reach it. Raises what loading raises."""
        self._answers = self._load()

    def __call__(self) -> Answers:
        """The live model.

        Raises:
            BundleMissing: it is not loaded yet.
        """
        if self._answers is None:
            raise BundleMissing(
                "The model is still being loaded. Try again in a few seconds.",
                "Mô hình đang được nạp. Hãy thử lại sau vài giây.",
            )
        return self._answers
