"""What certificates say of jumps and of the time that ended is what their cells say."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from proofs import random_model

import approximant as ap
from approximant.certificate import rounded_up
from approximant.certify._difference import Difference
from approximant.certify._found import Found, direct_cell
from approximant.certify._prove import _certificate
from approximant.claims import percent
from approximant.precision import precision
from approximant.progress import Watch


def test_left_and_right_of_a_jump_holds_for_crude_cells_too() -> None:
    """A cell bounded crudely is neither of the jump nor of what was bounded well."""
    model = random_model([3], ["tanh"])
    formulas = [ap.Formula("where(x < 0.5, where(x < 0.49999999999999999, 0, 1000), 30)")]
    before = float(np.nextafter(0.5, 0.0))
    ends = [-1.0, before - 0.25, before, 0.5, 1.5, 2.0]  # next to the jump balls end exactly
    with precision(80):
        difference = Difference(model, formulas)
        cells = [
            direct_cell(difference, np.array([a]), np.array([b]), rough=a >= 0.5)
            for a, b in zip(ends, ends[1:], strict=False)
        ]
        assert None not in cells
        found = Found([cell for cell in cells if cell is not None], None, 0.5, 0.0)
        points = np.zeros((1, 1))
        certificate = _certificate(difference, formulas, found, points, points, Watch(60.0))
    assert certificate.proved and len(certificate.jumps) == 1
    crude = np.array(found.cells[3].piece.bound)
    well = np.max([cell.piece.bound for cell in found.cells[:2]], axis=0)
    assert f"Left and right of that the bound is {rounded_up(crude)}." in certificate.claim
    assert (
        f"On the other 50 %, the jumps apart, the bound is {rounded_up(well)}." in certificate.claim
    )
    assert certificate.bound_elsewhere == well


def test_the_share_that_is_known_badly_is_rounded_up() -> None:
    assert percent(0.48751) == "48.8 %" and percent(1e-9) == "1.01e-07 %"  # above 1e-9
    assert percent(0.48759, "ROUND_FLOOR") == "48.7 %"


@given(st.floats(min_value=0.0, allow_infinity=False))
@example(2e-323)
@example(1.7976931348623157e308)
def test_bounds_are_printed_no_smaller_than_they_are(bound: float) -> None:
    assert Decimal(rounded_up(bound)) >= Decimal(bound)
