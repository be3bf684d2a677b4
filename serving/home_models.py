"""Models from the bundles under a home folder: no registry is asked, so that none needs to be reachable."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from kolmatch.errors import BundleError
from kolmatch.settings import MatcherSettings
from models.bundle_files import Champion, bundle_folder, champion_pointer, local_bundles, read_manifest
from serving.answers import Answers, KeptModel, MonthReport


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

    def kept(self) -> list[KeptModel]:
        """Every bundle under the home folder, the newest month first."""
        found = [_kept(folder) for folder in local_bundles(self.home)]
        return sorted(found, key=lambda model: model.manifest.created_month if model.manifest else "", reverse=True)

    def reports(self) -> list[MonthReport]:
        """What `kolmatch retrain` left under HOME/retrain, of months that are done and whose report is there."""
        found = [_report(folder) for folder in sorted((self.home / "retrain").glob("????-??"), reverse=True)]
        return [report for report in found if report is not None]

    def load(self, bundle_id: str) -> Answers:
        """Verify and read a bundle; when it was rewritten without somebody, what took its place.

        Raises:
            BundleError: it is missing, damaged, or of another format; the message names the file.
        """
        from models.matcher import Matcher  # brings the index libraries with it, which probes need not wait for
        from models.rewriting import successor

        folder = bundle_folder(self.home, bundle_id)
        if not folder.exists():
            folder = successor(self.home, bundle_id) or folder
        return Matcher.load(folder, self.settings)


def _report(folder: Path) -> MonthReport | None:
    try:
        ended = json.loads((folder / "journal.json").read_text(encoding="utf-8"))["outcome"]
    except (OSError, ValueError, KeyError):  # under work, or not what was written: the job itself says which
        return None
    page = folder / "difference.html"
    return MonthReport(folder.name, ended["vi"], ended["en"], page) if ended and page.is_file() else None


def _kept(folder: Path) -> KeptModel:
    try:
        return KeptModel(folder.name, read_manifest(folder), None)
    except BundleError as error:
        return KeptModel(folder.name, None, error.code)
