"""The sentences of a report: each is true where it is printed, and the verdict is decided once."""

import itertools

import numpy as np
import pytest
from handmade import make_model

import approximant as ap
from approximant.certify import rounding_over
from approximant.contract._candidate import Candidate
from approximant.contract._request import Request
from approximant.contract._status import line_cause
from approximant.contract._verified import Verified
from approximant.measure import Errors
from approximant.profile import Break, LineProfile, Piece
from approximant.targets import read_target

UNIT = {"x": (0, 1)}


@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("sin(3*x)", {"tol": 1e-6}),
        ("sin(3*x)", {"tol": 1e-6, "certify": True}),
        ("sin(3*x)", {"tol": 1e-17}),
        ("sin(30*x)", {"max_neurons": 2}),
        (lambda x: np.sin(3 * x), {"tol": 1e-6, "certify": True}),
        (lambda x: np.sin(3 * x), {"tol": 1e-6, "max_evaluations": 100}),
        ((np.linspace(0, 1, 200), np.linspace(0, 1, 200) ** 2), {"tol": 1e-3}),
        ((np.linspace(0, 1, 200), np.linspace(0, 1, 200) ** 2), {"tol": 1e-17}),
    ],
)
def test_the_status_says_what_met_says(target, options):
    report = ap.approximate(target, UNIT, **options).report
    assert report.met == report.status.startswith("Met: none of")
    assert (not report.met) == report.status.startswith("Not met: ")
    assert not report.met or report.max_error <= report.tolerance


def verified_at(worst, ratio=100.0, tolerance=1.0):
    model = make_model(1)
    error = np.array([ratio * tolerance])
    errors = Errors(error, np.array([[worst]]), error, error, 10)
    return Verified(Candidate(model, ratio, ""), errors, np.array([tolerance]), np.zeros(1))


def profile(height):
    pieces = tuple(Piece(low, low + 0.5, np.array([low, low + 0.5])) for low in (0.0, 0.5))
    place = Break(0.5, np.nextafter(0.5, 1), np.array([height]))
    return LineProfile(pieces, (place,), True, np.empty(0))


@pytest.mark.parametrize(("height", "word"), [(2.0, "jumps by 2"), (0.0, "kink or singularity")])
def test_a_break_is_blamed_only_where_the_error_is(height, word):
    target = read_target("x", UNIT)
    target(np.array([[0.0], [1.0]]))
    at, away = (
        line_cause(profile(height), Request(), verified_at(worst), target)
        for worst in (0.5001, 0.2)
    )
    assert word in at
    assert word not in away
    assert "rounding" not in away  # the tolerance is far from it


def test_large_rounding_is_blamed_where_nothing_else_speaks_against_a_network():
    target = read_target("x", UNIT)
    target(np.array([[0.0], [1.0]]))
    verified = verified_at(0.5, ratio=0.5, tolerance=1e-15)
    assert not verified.met and verified.quarters > 1.0
    assert "rounding of float64" in line_cause(profile(1.0), Request(), verified, target)


def test_a_kink_beside_a_singularity_is_met_though_the_bound_on_rounding_is_crude():
    # There the bound takes neurons that move together for independent ones.
    f = ap.approximate("sqrt(max(x - 0.5, 0))", UNIT, tol=1e-5)
    assert f.report.met and f.report.rounding > f.report.tolerance
    x = 0.5 + np.append(0.0, np.logspace(-16, -0.4, 5000))
    assert np.abs(f(x) - np.sqrt(x - 0.5)).max() <= f.report.tolerance


def test_a_tolerance_that_is_no_share_of_the_value_needs_no_warning():
    options = {"domain": {"x": (0, 6)}}
    assert "Warning" in ap.approximate("1000 + sin(x)", tol=1e-8, **options).report.status
    plain = ap.approximate("1000 + sin(x)", tol=0, atol=1e-5, **options)
    assert "Warning" not in plain.report.status


def test_a_person_who_ends_the_search_is_told_no_other_cause():
    calls = itertools.count()

    def target(p):
        if next(calls) == 40:  # after probing, while widths are tried
            raise KeyboardInterrupt
        return np.abs(p[:, 0] - 1 / 3) + np.sin(40 * p[:, 1] * p[:, 0])

    f = ap.approximate(target, {"x": (0, 1), "y": (0, 1)}, tol=1e-12, seconds=1e6)
    assert f.report.interrupted and not f.report.met
    status = f.report.status
    assert status.startswith("You ended the search; this is the best network so far. Not met: the")
    assert status.endswith("times the tolerance.")


def test_the_best_of_what_was_found_is_kept_when_rounding_speaks_against_it():
    # Verified candidates are ranked by the larger of error and rounding, never dropped.
    f = ap.approximate("exp(x)", UNIT, tol=3e-16)
    assert not f.report.met
    assert f.report.max_error < 1e-13
    bound = rounding_over(f.model, 0.25 * np.atleast_1d(f.report.tolerance))
    assert f.report.rounding == bound[0]
