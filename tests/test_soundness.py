"""Certificates of networks and formulas drawn at random are true, and the checker knows lies."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))  # where the generators live

from drawn.trial import DRAWS, run

CASES = 40  # of each kind; `benchmarks/soundness.py` tries 20,000


@pytest.mark.parametrize("kind", DRAWS)
def test_nothing_is_wrong_with_networks_and_formulas_drawn_at_random(kind: str) -> None:
    outcomes = [run(kind, index) for index in range(CASES)]
    assert not [(o.index, o.wrong) for o in outcomes if o.wrong]
    assert sum(bool(o.checker) for o in outcomes) > CASES // 2  # that is, most were proved
