"""Models from the bundles under a home folder: no registry is asked, so that none needs to be reachable."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kolmatch.settings import MatcherSettings
from models.bundle_files import Champion, bundle_folder, champion_pointer
from serving.answers import Answers


@dataclass(frozen=True, slots=True)
class HomeModels:
    """The bundles of a home folder, and the pointer that says which of them is champion."""

    home: Path
    settings: MatcherSettings

    def newest(self) -> Champion:
        """The champion.

        Raises:
            BundleMissing: no model was trained.
            BundleDamaged: the pointer to it is not what was written.
        """
        return champion_pointer(self.home)

    def load(self, bundle_id: str) -> Answers:
        """Verify and read a bundle.

        Raises:
            BundleError: it is missing, damaged, or of another format; the message names the file.
        """
        from models.matcher import Matcher  # brings the index libraries with it, which probes need not wait for

        return Matcher.load(bundle_folder(self.home, bundle_id), self.settings)
