"""Which version is live, changed by a named person with a reason: what `kolmatch promote` and `rollback` do."""

from __future__ import annotations

from datetime import datetime

from kolmatch.errors import RegistryError
from training.moves import PROMOTE, ROLLBACK, way_back
from training.registry import CHAMPION, ModelVersion, Registry


def promote(registry: Registry, asked: str, *, by: str, note: str, at: datetime) -> ModelVersion:
    """Make a version, named by number or alias, the champion.

    Raises:
        RegistryError: MLflow cannot be reached, or there is no such version; the live model keeps answering.
        BundleError: its bundle is damaged, or of another format; the live model keeps answering.
    """
    return registry.make_champion(registry.version(asked).version, PROMOTE, by=by, note=note, at=at)


def rollback(registry: Registry, *, by: str, note: str, at: datetime) -> ModelVersion:
    """Make the version champion that was so before the present one; called again, it goes one step further back.

    Raises:
        RegistryError: MLflow cannot be reached, or no version was live before.
        BundleError: the earlier version's bundle is damaged, or of another format; the live model keeps answering.
    """
    versions = registry.versions()
    champion = next((one.version for one in versions if CHAMPION in one.aliases), None)
    target = way_back(registry.moves(), champion, {one.version for one in versions})
    if target is None:
        raise RegistryError(
            "There is no earlier champion to go back to. `kolmatch models` lists all versions; name one with "
            "`kolmatch promote VERSION`.",
            "Không có mô hình nào từng được dùng trước đó để quay lại. `kolmatch models` liệt kê các phiên bản; hãy "
            "chọn một bằng `kolmatch promote PHIÊN_BẢN`.",
        )
    return registry.make_champion(target, ROLLBACK, by=by, note=note, at=at)
