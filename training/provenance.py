"""What a bundle was made by: our own sources, the installed distributions, and the settings that matter for it."""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path
from typing import Any, Final

from kolmatch.settings import Settings

_RECORDED: Final = frozenset({"encoder", "training", "matcher"})
_PACKAGES: Final = ("kolmatch", "data", "features", "models", "training")  # what serves a bundle does not make it


def as_recorded(settings: Settings) -> dict[str, Any]:
    """The settings that a manifest keeps."""
    return settings.model_dump(mode="json", include=set(_RECORDED))


def installed_sha256() -> str:
    """Hex SHA-256 over the installed distributions and their versions: the environment a bundle is made in."""
    installed = {(d.metadata["Name"] or "").lower(): d.version for d in importlib.metadata.distributions()}
    lines = "\n".join(f"{name}=={version}" for name, version in sorted(installed.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def code_sha256() -> str:
    """Hex SHA-256 over names and contents of the sources that make a bundle."""
    root, digest = Path(__file__).parents[1], hashlib.sha256()
    for package in _PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            digest.update(f"{file.relative_to(root).as_posix()}\n".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
