"""The load benchmark: known times give a known ratio, and a run on a small home has figures in every place."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.load import Cost, main
from benchmarks.load_endpoint import KINDS


def test_what_is_added_is_held_against_an_endpoint() -> None:
    cost = Cost(np.full(50, 0.030), np.full(50, 0.024), {"bare": np.full(50, 0.004)})
    assert cost.added == pytest.approx(np.full(50, 0.006))
    assert cost.ratio("bare") == pytest.approx((1.5, 1.5, 1.5))


def test_a_run_measures_the_service_and_its_endpoints(small_home: Path, tmp_path: Path) -> None:
    options = ["--home", str(small_home), "--data", str(tmp_path), "--briefs", "5", "--seconds", "0.2"]
    result = CliRunner().invoke(main, options, catch_exceptions=False)
    assert result.exit_code == 0
    rows = dict(re.findall(r"│ ([\w ,/]+?) +│ +(\d[\d.]*)", result.output))
    asked = ("service", "its matcher", "added", *(f"endpoint, {kind}" for kind in KINDS), "1 connections, requests/s")
    assert all(float(rows[name]) > 0 for name in asked), result.output
