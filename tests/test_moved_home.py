"""A home folder that was copied, moved or restored: MLflow's files are its own from then on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kolmatch.settings import RegistrySettings
from tests.test_registry import _publish, home
from training.registry import Registry

__all__ = ["home"]  # a fixture


@pytest.mark.parametrize("there", [True, False])
def test_a_copied_home_has_its_own_files_and_leaves_the_others_alone(home: Path, tmp_path: Path, there: bool) -> None:
    first = _publish(home, "một")
    copy = tmp_path / "bản sao"
    shutil.copytree(home, copy)
    before = {file: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    if not there:
        shutil.rmtree(home)
    shutil.rmtree(copy / "bundles" / first.bundle_id)
    registry = Registry.open(copy, RegistrySettings())
    assert registry.fetch(str(first.version)) == copy / "bundles" / first.bundle_id  # it can be had again
    _publish(copy, "hai")
    registry.replace_bundle(first.bundle_id, None)
    assert not list((copy / "mlflow" / "artifacts" / first.run_id).rglob("words.txt"))
    assert len(list((copy / "mlflow" / "artifacts").iterdir())) == 2
    assert {file: file.read_bytes() for file in home.rglob("*") if file.is_file()} == (before if there else {})
