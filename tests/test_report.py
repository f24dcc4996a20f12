"""Reports: what leaves them as JSON comes back the same."""

import copy
import dataclasses
import json
import pickle

import numpy as np
import pytest
from handmade import make_model, make_report

from approximant.arrays import per_output
from approximant.report import OutsideError, Report

FIELDS = [field.name for field in dataclasses.fields(Report)]


def through_json(report):
    return Report.from_dict(json.loads(json.dumps(report.as_dict(), allow_nan=False)))


def assert_same(one, other, name):
    if isinstance(one, tuple) and one and isinstance(one[0], OutsideError):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert (a.input, a.side, a.beyond) == (b.input, b.side, b.beyond)
            np.testing.assert_array_equal(a.max_error, b.max_error)
    elif isinstance(one, np.ndarray):
        assert isinstance(other, np.ndarray), name
        np.testing.assert_array_equal(one, other)
    else:
        assert type(one) is type(other), name
        assert one == other, name


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("m", [1, 2, 3])
def test_a_report_survives_json(d, m):
    report = make_report(
        make_model(d, m),
        noise=per_output(np.full(m, 0.05)),
        rows=(600, 200, 200),
        empty_share=0.25,
        notes=("One.", "Two."),
        unused_inputs=("x",),
        cut_by_time=True,
        interrupted=True,
    )
    back = through_json(report)
    for name in FIELDS:
        assert_same(getattr(report, name), getattr(back, name), name)


def test_a_bare_report_survives_json():
    report = make_report(make_model(), outside=(), history=())
    back = through_json(report)
    assert (back.noise, back.rows, back.empty_share) == (None, None, None)
    assert (back.outside, back.history, back.notes, back.unused_inputs) == ((), (), (), ())


def test_numbers_that_json_lacks_become_none():
    report = make_report(make_model(1, 2), max_error=np.array([np.inf, 0.5]), rmse=np.nan)
    data = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert data["max_error"] == [None, 0.5]
    assert data["rmse"] is None


def test_an_unbounded_error_is_not_a_small_one_after_json():
    outside = (OutsideError("x", "above", 1.0, np.array([np.nan, 0.5])),)
    report = make_report(make_model(1, 2), max_error=np.array([np.inf, 0.5]), outside=outside)
    back = through_json(report)
    assert np.isnan(back.max_error[0]) and back.max_error[1] == 0.5
    np.testing.assert_array_equal(back.outside[0].max_error, [np.nan, 0.5])


def test_unknown_keys_are_ignored():
    data = make_report(make_model()).as_dict()
    assert Report.from_dict({**data, "from_the_future": [1, 2]}).target == "made by hand"


def test_every_field_is_written_and_every_field_is_described():
    assert list(make_report(make_model()).as_dict()) == FIELDS
    described = [line.split(":")[0].strip() for line in str(Report.__doc__).splitlines()]
    assert [name for name in FIELDS if name not in described] == []


def test_numpy_numbers_leave_as_plain_ones():
    report = make_report(make_model(), neurons=np.int64(6), met=np.bool_(True))
    data = report.as_dict()
    assert type(data["neurons"]) is int
    assert type(data["met"]) is bool


def test_history_and_outside_do_not_flood_the_repr():
    text = repr(make_report(make_model()))
    assert "OutsideError" not in text
    assert "history" not in text


def test_one_output_is_a_number_several_are_an_array():
    assert per_output(np.array([2.5])) == 2.5
    assert type(per_output(np.array([2.5]))) is float
    np.testing.assert_array_equal(per_output(np.array([1.0, 2.0])), [1.0, 2.0])


@pytest.mark.parametrize("m", [1, 2])
def test_reports_are_equal_if_they_say_the_same(m):
    errors = (np.nan, np.array([np.nan, 0.5]))[m - 1]
    outside = (OutsideError("x", "above", 1.0, errors),)
    report = make_report(make_model(1, m), outside=outside, rmse=errors, history=((3, 0.0),))
    for other in (pickle.loads(pickle.dumps(report)), copy.deepcopy(report), through_json(report)):
        assert other.outside == report.outside
        assert other == report and hash(other) == hash(report)
    assert dataclasses.replace(report, seed=report.seed + 1) != report
    assert dataclasses.replace(report, history=((3, -0.0),)) != report
