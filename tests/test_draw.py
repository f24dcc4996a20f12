"""Pictures: they show what the numbers say, ask the target only where they may, and never fail."""

import io
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from handmade import make_model, make_report, near_target
from matplotlib.figure import Figure
from PIL import Image

from approximant import draw
from approximant.domain import Box
from approximant.model import Model
from approximant.sampling import Samples


def figures(d: int, m: int = 1, **options: Any) -> dict[str, Figure]:
    model = make_model(d, m)
    settings = {"limit": 2000, **options}
    return draw.pictures(model, make_report(model), near_target(model), **settings)


def rows_of(model: Model, n: int = 200, seed: int = 0) -> Samples:
    points = np.random.default_rng(seed).uniform(0, 1, (n, model.domain.dimension))
    return Samples(points, model.evaluate(points) + 1e-6)


def titles(figure: Figure) -> str:
    return "\n".join(ax.get_title(loc="left") for ax in figure.axes)


@pytest.mark.parametrize(
    ("d", "m", "names"),
    [(1, 2, ["fit", "error"]), (2, 2, ["fit", "error"]), (4, 1, ["fit", "error", "slices"])],
)
def test_every_number_of_inputs_has_its_pictures(d: int, m: int, names: list[str]) -> None:
    made = figures(d, m, outside=True)
    assert list(made) == names
    for figure in made.values():
        image = np.asarray(Image.open(io.BytesIO(draw.png(figure, dpi=40))).convert("L"))
        assert image.std() > 5  # something was drawn


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_error_picture_says_error_tolerance_and_verdict(d: int) -> None:
    assert "largest error 1e-06, tolerance 1e-05: met" in titles(figures(d)["error"])
    model = make_model(d)
    report = make_report(model, max_error=2e-5, met=False)
    unmet = draw.pictures(model, report, near_target(model, 2e-5), limit=500)
    assert "largest error 2e-05, tolerance 1e-05: not met" in titles(unmet["error"])
    # Rounding may forbid the word even where no checked point lies above the tolerance.
    doubtful = draw.pictures(model, make_report(model, met=False), near_target(model), limit=500)
    assert "largest error 1e-06, tolerance 1e-05\n" in titles(doubtful["error"])


def test_the_error_curve_shows_the_error_and_the_tolerance() -> None:
    (ax,) = figures(1)["error"].axes
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in ax.get_lines()}
    assert np.nanmax(lines["error"]) == pytest.approx(1e-6, rel=1e-3)
    assert lines["tolerance"] == pytest.approx([1e-5, 1e-5])
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel() == "error, in the unit of f"


def test_the_curve_shows_target_and_network_and_shades_the_outside() -> None:
    (ax,) = figures(1, outside=True)["fit"].axes
    assert {line.get_label() for line in ax.get_lines()} == {"target", "network"}
    assert ax.get_xlim() == pytest.approx((-0.5, 2.5))  # a quarter beyond each end
    (shade,) = ax.collections
    corners = np.concatenate([path.vertices[:, 0] for path in shade.get_paths()])
    assert not np.any((corners > 1e-5) & (corners < 2 - 1e-5))


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_target_is_asked_outside_only_if_allowed(d: int) -> None:
    model = make_model(d)
    target = near_target(model)
    draw.pictures(model, make_report(model), target, outside=False, limit=500)
    assert model.domain.contains(np.concatenate(target.points)).all()
    draw.pictures(model, make_report(model), target, outside=True, limit=500)
    assert model.domain.contains(np.concatenate(target.points)).all() == (d == 2)


@pytest.mark.parametrize("limit", [0, 99, 100, 3000])
@pytest.mark.parametrize(("d", "m"), [(1, 1), (2, 1), (6, 2)])
def test_a_picture_keeps_to_its_limit_of_evaluations(d: int, m: int, limit: int) -> None:
    model = make_model(d, m)
    target = near_target(model)
    made = draw.pictures(model, make_report(model), target, outside=True, limit=limit)
    assert sum(map(len, target.points)) <= (limit + len(model.outputs)) * (2 if d > 2 else 1)
    assert bool(target.points) == (limit >= 100)
    assert ("error" in made) == (limit >= 100)


def test_a_map_shows_the_worst_point_and_marks_the_tolerance() -> None:
    ax, bar = figures(2)["error"].axes
    (x, y) = ax.get_lines()[0].get_data()
    assert (list(x), list(y)) == ([0.5], [0.5])
    assert bar.texts[0].get_text() == "tolerance"


@pytest.mark.parametrize("d", [1, 2, 3])
def test_tables_are_drawn_from_their_rows(d: int) -> None:
    model = make_model(d, region=True)
    report = make_report(model, kind="table", noise=1e-3, outside=())
    rows, fresh = rows_of(model), rows_of(model, 50, seed=1)
    made = draw.pictures(model, report, rows=rows, fresh=fresh)
    assert "rows not used in the fit" in titles(made["error"]) + str(
        [ax.get_xlabel() for ax in made["error"].axes]
    )
    for figure in made.values():
        draw.png(figure, dpi=40)


def test_gaps_between_rows_are_shaded_like_the_outside() -> None:
    model = make_model(1, region=True)  # sampled from 0 to 1 only
    made = draw.pictures(model, make_report(model), rows=rows_of(model))
    shade = made["fit"].axes[0].collections[-1]
    assert any(
        path.vertices[:, 0].min() < 1.3 and path.vertices[:, 0].max() > 2.4
        for path in shade.get_paths()
    )


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_model_without_target_is_still_drawn(d: int) -> None:
    model = make_model(d)
    made = draw.pictures(model, make_report(model))
    assert "error" not in made
    assert all(draw.png(figure, dpi=40) for figure in made.values())


@pytest.mark.parametrize("d", [1, 2, 3])
def test_any_name_can_be_a_label(d: int) -> None:
    names = ("$x^$", "\\frac{$", "a\nb\x07日本語")
    outputs = ("long " * 50, "_<b>%")
    domain = Box(names[:d], (0.0,) * d, (2.0,) * d)
    model = make_model(d, 2, domain=domain, outputs=outputs)
    made = draw.pictures(model, make_report(model), near_target(model), limit=300)
    assert all(draw.png(figure, dpi=30) for figure in made.values())


@pytest.mark.parametrize(
    ("d", "scale", "low", "high", "error", "tolerance"),
    [
        (1, 1e300, -1e300, 1e300, np.inf, 1e-8),
        (1, 0.0, 1.0, 1.0 + 1e-10, 0.0, 0.0),
        (2, 1e-300, 0.0, 1e-300, 1e-309, 1e-308),
        (2, 1e300, 1.0, 1.0 + 1e-10, np.nan, 0.0),
        (3, 1e300, -1e300, 1e300, 1e291, 1e292),
        (3, 0.0, 0.0, 1e-300, 0.0, 1e-8),
    ],
)
def test_extreme_numbers_can_be_drawn(
    d: int, scale: float, low: float, high: float, error: float, tolerance: float
) -> None:
    model = make_model(d, domain=Box(("x", "y", "z")[:d], (low,) * d, (high,) * d))
    changes = {"max_error": error, "tolerance": tolerance, "range": 0.0}
    report = make_report(model, worst_point=model.domain.centre, **changes)
    made = draw.pictures(model, report, lambda p: np.full((len(p), 1), scale), limit=300)
    assert all(draw.png(figure, dpi=30) for figure in made.values())


def test_values_that_are_not_finite_are_left_out() -> None:
    model = make_model(3)
    made = draw.pictures(model, make_report(model), lambda p: np.full((len(p), 1), np.nan))
    assert list(made) == ["slices"]


def test_many_outputs_are_drawn_in_part_and_said_to_be() -> None:
    text = titles(figures(1, 12)["error"])
    assert "f0   (output 1 of 12; 9 are drawn)" in text
    assert "f11" not in text


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("draw_curve", (np.arange(3.0), np.ones(3), None)),
        ("draw_rows", (np.arange(3.0), np.ones(3))),
        ("draw_error", (np.arange(3.0), np.ones(3), 0.5, 0.1)),
        ("draw_error_dots", (np.arange(3.0), np.ones(3), 0.5, 0.1)),
        ("draw_predicted", (np.arange(3.0), np.arange(3.0))),
        ("draw_histogram", (np.arange(3.0), 0.5, 0.1)),
    ],
)
def test_what_draws_on_axes_gives_them_back(function: str, arguments: tuple[Any, ...]) -> None:
    ax = Figure().subplots()
    assert getattr(draw, function)(ax, *arguments) is ax


def test_nothing_touches_the_state_of_pyplot() -> None:
    code = """
import sys
from handmade import make_model, make_report, near_target
from approximant import draw
for d in (1, 2):
    model = make_model(d)
    for figure in draw.pictures(model, make_report(model), near_target(model), limit=300).values():
        draw.png(figure, dpi=30)
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=__file__.rpartition("/")[0])
