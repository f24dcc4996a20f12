"""Pictures of learning: they show what was measured, on scales that fit it, and never fail."""

import base64
import io
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from approximant import draw
from approximant.domain import Box
from approximant.draw._labels import short, spread
from approximant.errors import DomainError, SettingError
from approximant.history import History
from approximant.sampling import Samples

Curve = Callable[[Any], Any]


def wave(points: Any) -> Any:
    return np.sin(3 * points.sum(axis=1))


def flat(points: Any) -> Any:
    return np.zeros(len(points))


def scene(d: int = 1, target: Curve | None = wave, n: int = 0, **changes: Any) -> draw.Scene:
    points = np.random.default_rng(0).random((n, d))
    rows = Samples(points, wave(points)[:, None]) if n else None
    box = Box(("x1", "x2", "x3")[:d], (0.0,) * d, (1.0,) * d)
    return draw.Scene(box, target, rows, **changes)


def fades(count: int) -> dict[int, Curve]:
    """Return fits that come closer to the wave, by epoch."""
    return {k + 1: lambda points, share=0.8**k: (1 - share) * wave(points) for k in range(count)}


def lines(ax: Axes) -> dict[str, tuple[Any, Any]]:
    """Return what each labelled line of the axes shows."""
    found = {str(line.get_label()): line.get_data() for line in ax.get_lines()}
    return {name: data for name, data in found.items() if not name.startswith("_")}


def named(ax: Axes, start: str) -> tuple[Any, Any]:
    (data,) = [data for name, data in lines(ax).items() if name.startswith(start)]
    return data


def texts(figure: Figure) -> str:
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    written = [text.get_text() for ax in figure.axes for text in ax.texts]
    heading = figure.get_suptitle()
    return "\n".join([heading, *titles, *written])


def drawn(figure: Figure) -> None:
    image = np.asarray(Image.open(io.BytesIO(draw.png(figure, dpi=40))).convert("L"))
    assert image.std() > 2


# Losses


def test_a_loss_curve_shows_training_held_out_and_reported_values_on_a_log_axis() -> None:
    losses, held_out = np.array([4.0, 2.0, 1.0]), np.array([5.0, np.nan, 2.0])
    figure = draw.losses_figure(losses, held_out, reported=np.array([4.1, 2.2]), name="mse")
    (ax,) = figure.axes
    assert (ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "epoch", "mse")
    np.testing.assert_array_equal(named(ax, "training"), [[1, 2, 3], losses])
    np.testing.assert_array_equal(named(ax, "held out"), [[1, 3], [5, 2]])  # the gap is bridged
    np.testing.assert_array_equal(named(ax, "reported"), [[1, 2], [4.1, 2.2]])
    assert "training\n1 at the end" in texts(figure)  # named where it ends
    low, high = ax.get_ylim()
    assert low < 1 and high > 5


def test_many_runs_make_a_band_with_their_median() -> None:
    runs = [np.array([8.0, 4.0, 1.0]), np.array([6.0, 3.0, 2.0]), np.array([9.0, 5.0, 3.0])]
    (ax,) = draw.losses_figure(runs).axes
    np.testing.assert_array_equal(named(ax, "training, median of 3 runs")[1], [8, 4, 2])
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices
    for epoch, low, high in ((1, 6, 9), (2, 3, 5), (3, 1, 3)):
        heights = corners[corners[:, 0] == epoch, 1]
        assert (heights.min(), heights.max()) == (low, high)
    assert sum(str(line.get_label()).startswith("_") for line in ax.get_lines()) == 3  # each run


def test_runs_that_end_early_or_diverge_are_marked_and_counted() -> None:
    runs = [np.array([8.0, 4.0, 2.0, 1.0]), np.array([8.0, 3.0]), np.array([9.0, 5.0, np.inf])]
    (ax,) = draw.losses_figure(runs).axes
    np.testing.assert_array_equal(named(ax, "training")[1], [8, 4, 3, 3])
    np.testing.assert_array_equal(named(ax, "stopped"), [[2], [3]])
    np.testing.assert_array_equal(named(ax, "diverged"), [[2], [5]])


def test_held_out_losses_that_were_not_measured_at_the_end_did_not_diverge() -> None:
    (ax,) = draw.losses_figure(np.ones(4), np.array([2.0, np.nan, 1.0, np.nan])).axes
    assert not any("diverged" in name for name in lines(ax))


def test_a_loss_of_zero_is_marked_on_the_lower_edge() -> None:
    (ax,) = draw.losses_figure(np.array([1.0, 0.1, 0.0, -1.0])).axes
    np.testing.assert_array_equal(named(ax, "training\n-1 at the end")[0], [1, 2])
    np.testing.assert_array_equal(named(ax, "zero or less")[0], [3, 4])


@pytest.mark.parametrize(
    "losses",
    [
        [3.0], [0.0], [np.nan], [np.inf, np.nan], [], [1.0, 1e30, 1e307, np.inf],
        [1e-320, 5e-300, 1e-290], [-1.0, -2.0], [40632.6, 40632.61], [1e308] * 3,
    ],
)  # fmt: skip
def test_any_losses_can_be_drawn(losses: list[float]) -> None:
    run = np.array(losses)
    drawn(draw.losses_figure(run, run, reported=run))
    drawn(draw.losses_figure([run, np.array([2.0, 1.0]), run], [run], reported=run))


# Fits


def test_fits_are_drawn_over_the_target_the_last_in_the_colour_of_a_network() -> None:
    title = "cell:128 sample:1000 iteration:1000 rate:0.1"
    figure = draw.fits_figure(fades(4), scene(n=50, title=title))
    (ax,) = figure.axes
    assert ax.get_title(loc="left") == title
    assert list(lines(ax)) == ["target", "epoch 1", "epoch 2", "epoch 3", "epoch 4"]
    x, last = named(ax, "epoch 4")
    assert last == pytest.approx((1 - 0.8**3) * np.sin(3 * x))
    colours = [line.get_color() for line in ax.get_lines()]
    assert colours[-1].lower() == "#d55e00" and len(set(colours)) == 5
    assert len(ax.collections[0].get_offsets()) == 50  # the rows
    for name in lines(ax):
        assert name in texts(figure)


def test_a_zoom_shows_the_part_asked_for_or_where_the_fit_is_worst() -> None:
    whole, part = draw.fits_figure(wave, scene(), zoom=(0.2, 0.3)).axes
    assert (whole.get_xlim(), part.get_xlim()) == ((0, 1), (0.2, 0.3))

    def bad_at_the_end(points: Any) -> Any:
        return wave(points) + (points[:, 0] > 0.9)

    _, part = draw.fits_figure(bad_at_the_end, scene(), zoom=True).axes
    assert part.get_xlim()[0] <= 0.9 and part.get_xlim()[1] >= 0.99
    _, part = draw.fits_figure(bad_at_the_end, scene(target=None, n=200), zoom=True).axes
    assert part.get_xlim()[1] >= 0.99


def test_small_multiples_share_their_scale_and_carry_their_settings() -> None:
    networks = {f"cell:{k} rate:0.1\nrmse 0.{k}": fit for k, fit in fades(7).items()}
    figure = draw.multiples_figure(networks, scene(title="a sweep"))
    assert len(figure.axes) == 8 and len({ax.get_ylim() for ax in figure.axes[:7]}) == 1
    assert "a sweep" in texts(figure) and "cell:7 rate:0.1\nrmse 0.7" in texts(figure)
    assert list(lines(figure.axes[3])) == ["target", "network"]
    maps = draw.multiples_figure(networks, scene(2))
    assert len({image.get_clim() for ax in maps.axes for image in ax.get_images()}) == 1
    many = draw.multiples_figure({str(k): flat for k in range(40)}, scene())
    assert "(30 of 40 are drawn)" in texts(many)


# Rows, surfaces, inside and outside


def test_rows_are_drawn_over_their_number_with_the_worst_enlarged() -> None:
    rows = scene(2, n=300)
    assert rows.rows is not None
    worst = 123

    def network(points: Any) -> Any:
        return wave(points) + 9.0 * (points[:, 0] == rows.rows.points[worst, 0])

    whole, part = draw.rows_figure(network, rows).axes
    target, predicted = whole.collections[:2]
    np.testing.assert_allclose(target.get_offsets()[:, 1], rows.row_values())
    np.testing.assert_allclose(predicted.get_offsets()[:, 0], np.arange(300))
    assert part.get_xlim()[0] < worst < part.get_xlim()[1]
    assert "root mean square difference 0.52" in whole.get_title(loc="left")
    assert part.get_title(loc="left") == "rows 93 to 152, enlarged"
    assert len(draw.rows_figure(wave, scene(3, n=20)).axes) == 1
    with pytest.raises(SettingError, match="shows rows: got none"):
        draw.rows_figure(wave, scene())


def test_surfaces_share_one_scale_and_the_map_shows_the_error() -> None:
    left, middle, right, bar = draw.surfaces_figure(flat, scene(2, n=50)).axes
    assert left.name == middle.name == "3d"
    assert left.get_zlim() == middle.get_zlim()
    (image,) = right.get_images()
    x = np.linspace(0, 1, 121)
    assert np.asarray(image.get_array()) == pytest.approx(
        np.maximum(np.abs(np.sin(3 * (x + x[:, None]))), image.norm.vmin)
    )
    assert "largest 1, root mean square" in right.get_title(loc="left")
    assert bar.get_ylabel() == "error, in the unit of y"
    assert len(right.collections[0].get_offsets()) == 50  # where there were rows


def test_beyond_the_box_the_target_is_asked_only_if_allowed() -> None:
    asked: list[Any] = []

    def target(points: Any) -> Any:
        asked.append(points)
        return wave(points)

    figure = draw.beyond_figure(flat, scene(target=target), margin=0.5)
    assert np.concatenate(asked).min() >= 0 and np.concatenate(asked).max() <= 1
    assert figure.axes[0].get_xlim() == (-0.5, 1.5)
    assert texts(figure).count("never seen") == 2 and "box of the training" in texts(figure)
    draw.beyond_figure(flat, scene(target=target, outside=True), margin=0.5)
    assert np.concatenate(asked).min() == -0.5


def test_check_points_are_marked_inside_or_outside_with_their_relative_error() -> None:
    box = Box(("x", "y"), (0.0, 0.0), (100.0, 999.0))
    points = np.array([[45.0, 100.0], [200.0, 2000.0], [0.0, 0.0]])
    true, predicted = np.array([2225.0, 44000.0, 0.0]), np.array([2239.2, 30548.9, 1.0])
    figure = draw.checks_figure(points, true, predicted, draw.Scene(box))
    whole, enlarged = figure.axes[1:3]
    inside, outside = whole.collections[:2]
    assert inside.get_label() == "inside" and len(inside.get_offsets()) == 2
    np.testing.assert_array_equal(outside.get_offsets(), [[200, 2000]])
    assert np.asarray(outside.get_array()) == pytest.approx([1 - 30548.9 / 44000])
    assert enlarged.get_xlim()[1] < 200 < whole.get_xlim()[1]
    table = texts(figure)
    assert all(word in table for word in ("2,239", "0.64 %", "31 %", "inside", "outside"))
    assert "unknown" in table  # no share of zero


def test_relative_errors_agree_with_their_definition() -> None:
    found = draw.relative_error(np.array([2.0, -4.0, 0.0, np.nan]), np.array([3.0, -4.0, 1.0, 1.0]))
    np.testing.assert_array_equal(found, [0.5, 0.0, np.nan, np.nan])


def test_both_methods_are_compared_on_one_log_axis() -> None:
    networks = {"training": flat, "approximate": lambda p: wave(p) + 1e-12}
    figure = draw.comparison_figure(networks, scene())
    above, below = figure.axes
    assert list(lines(above)) == ["target", "training", "approximate"]
    assert below.get_yscale() == "log"
    x, error = named(below, "training\nlargest seen 1")
    assert error == pytest.approx(np.maximum(np.abs(np.sin(3 * x)), 1e-17))
    assert named(below, "approximate")[1] == pytest.approx(1e-12, rel=1e-3)
    assert below.get_ylim()[0] < 1e-12


@pytest.mark.parametrize("target", [wave, None])
def test_with_more_inputs_the_shares_of_points_are_compared(target: Curve | None) -> None:
    networks = {"training": flat, "approximate": wave}
    (ax,) = draw.comparison_figure(networks, scene(3, target, n=400)).axes
    share, error = named(ax, "training")
    assert np.all(np.diff(share) < 0) and np.all(np.diff(error) >= 0)
    assert (share[-1], ax.get_xlim()) == (0, (100, 0))
    with pytest.raises(SettingError, match="got none"):
        draw.comparison_figure(networks, scene(3, None))


# The animation


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("target", [wave, None])
def test_a_gif_has_a_frame_for_each_snapshot_and_the_same_bytes_again(
    d: int, target: Curve | None
) -> None:
    made = draw.animation(fades(4), scene(d, target, n=30))
    film = Image.open(io.BytesIO(made))
    assert (film.format, film.n_frames, film.info["loop"]) == ("GIF", 4, 0)
    frames = []
    for k in range(4):
        film.seek(k)
        frames.append(np.asarray(film.convert("RGB"), dtype=float))
    assert all(np.abs(a - b).max() > 50 for a, b in zip(frames, frames[1:], strict=False))
    assert (frames[0][0, -1] == 255).all()  # white stays white
    assert len(made) < 300_000
    if d == 1:
        assert made == draw.animation(list(fades(4).items()), scene(d, target, n=30))


def test_a_page_plays_all_frames_and_refers_to_nothing_outside() -> None:
    title = "<script>alert(1)</script> $x"
    page = draw.animation(fades(3), scene(title=title), format="html").decode()
    assert not re.search(r"https?:|//[a-z]|\bimport\b|fetch\(", re.sub(r'"data:[^"]*"', "", page))
    assert "default-src 'none'" in page and "<script>alert" not in page
    frames = re.search(r"const frames = (\[.*\]);", page)
    assert frames is not None
    pictures = re.findall(r"base64,([A-Za-z0-9+/=]+)", frames[1])
    sizes = {Image.open(io.BytesIO(base64.b64decode(data))).size for data in pictures}
    assert len(pictures) == 3 and len(sizes) == 1
    assert '["epoch 1", "epoch 2", "epoch 3"]' in page


def test_many_snapshots_are_thinned_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("approximant.draw._animation.MOST_FRAMES", 8)
    asked = []

    def fit(epoch: int) -> Curve:
        return lambda points: (asked.append(epoch), epoch * wave(points) / 200)[1]

    draw.animation([(k, fit(k)) for k in range(201)], scene(limit=100))
    assert len(asked) == 8 and asked[0] == 0 and asked[-1] == 200


def test_what_cannot_be_animated_is_said() -> None:
    with pytest.raises(SettingError, match="got 'mp4'; try gif or html"):
        draw.animation(fades(1), scene(), format="mp4")
    with pytest.raises(SettingError, match="needs snapshots: got none"):
        draw.animation({}, scene())
    with pytest.raises(DomainError, match="cannot show 3 inputs: expected 1 or 2"):
        draw.animation(fades(1), scene(3))


# All of them


@pytest.mark.parametrize(
    ("d", "names"),
    [
        (1, ["losses", "learning", "beyond"]),
        (2, ["losses", "learning", "surfaces", "rows"]),
        (3, ["losses", "rows"]),
    ],
)
def test_a_training_has_its_pictures(d: int, names: list[str]) -> None:
    epoch, loss = np.array([5.0, 6.0]), np.array([2.0, 1.0])
    history = History({"epoch": epoch, "loss": loss, "held_out_loss": np.array([np.nan, 3.0])})
    where = scene(d, n=70, outside=True, limit=400, title="a title")
    made = draw.training_pictures(history, wave, where, fades(20))
    assert list(made) == names
    np.testing.assert_array_equal(named(made["losses"].axes[0], "training")[0], epoch)
    np.testing.assert_array_equal(named(made["losses"].axes[0], "held out")[1], [3])
    assert all("a title" in texts(figure) for figure in made.values())
    if d == 1:  # a few of the epochs are enough
        drawn(made["learning"])
        kept = [name for name in lines(made["learning"].axes[0]) if name != "target"]
        assert len(kept) == 6 and (kept[0], kept[-1]) == ("epoch 1", "epoch 20")


def every_figure(where: draw.Scene, network: Curve) -> list[Figure]:
    """Return all figures that can show the scene."""
    d = where.domain.dimension
    made = [draw.comparison_figure({"a": network, "b": flat, "c": network}, where)]
    if where.rows is not None:
        made.append(draw.rows_figure(network, where))
    if d == 1:
        made.append(draw.fits_figure({1: flat, 2: network}, where, zoom=True))
        made.append(draw.beyond_figure(network, where))
    if d == 2:
        made.append(draw.surfaces_figure(network, where))
        points = np.vstack([where.domain.centre, where.domain.centre + 3 * where.domain.width])
        values = where.at(network, points)
        made.append(draw.checks_figure(points, values[::-1], values, where, network))
    if d < 3:
        made.append(draw.multiples_figure({"a": network, "b": flat}, where))
    return made


ODD = np.array([np.nan, np.inf, -np.inf, 1e300, -1e308, 0.0, 1e-310])


def odd(points: Any) -> Any:
    """Return what no axis can show at most points."""
    return ODD[(1e6 * points[:, 0]).astype(int) % len(ODD)]


@pytest.mark.parametrize(
    ("d", "target", "network"),
    [
        (1, odd, odd),
        (2, odd, odd),
        (3, odd, odd),
        (1, wave, lambda points: np.full((len(points), 1), np.nan)),
        (2, lambda points: np.full(len(points), 1e300), flat),
    ],
)
def test_any_values_can_be_drawn(d: int, target: Curve, network: Curve) -> None:
    where = scene(d, target, n=20, limit=150)
    for figure in every_figure(where, network):
        draw.png(figure, dpi=20)
    if d < 3:
        draw.animation({1: network}, where)


@pytest.mark.parametrize(
    ("d", "low", "high"),
    [
        (1, 1.0, 1.0 + 1e-10), (1, -1e300, 1e300), (2, -1e300, 1e300), (3, 0.0, 1e-300),
    ],
)  # fmt: skip
def test_any_domain_can_be_drawn(d: int, low: float, high: float) -> None:
    box = Box(("$x^$", "\\frac{$", "a\nb\x07")[:d], (low,) * d, (high,) * d)
    rows = Samples(box.from_unit(np.random.default_rng(0).random((70, d))), np.ones((70, 1)))

    def ramp(points: Any) -> Any:
        return (points[:, 0] - low) / (high / 2 - low / 2)

    where = draw.Scene(box, ramp, rows, name="_<b>%$", title="$" * 200, limit=200, outside=True)
    for figure in every_figure(where, flat):
        draw.png(figure, dpi=20)


@pytest.mark.parametrize("limit", [0, 99, 100, 3000])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_picture_of_learning_keeps_to_its_limit_of_evaluations(d: int, limit: int) -> None:
    count = 0

    def target(points: Any) -> Any:
        nonlocal count
        count += len(points)
        return wave(points)

    where = scene(d, target, n=70, limit=limit, outside=True)
    pictures: list[Callable[[], object]] = [
        lambda: draw.comparison_figure({"a": flat}, where),
    ]
    if d == 1:
        pictures.append(lambda: draw.fits_figure(flat, where, zoom=True))
        pictures.append(lambda: draw.beyond_figure(flat, where))
    if d == 2:
        corner = np.array([[0.5, 0.5], [2.0, 2.0]])
        pictures.append(lambda: draw.surfaces_figure(flat, where))
        pictures.append(lambda: draw.checks_figure(corner, np.ones(2), np.ones(2), where, flat))
    if d < 3:
        pictures.append(lambda: draw.multiples_figure({"a": flat, "b": flat}, where))
        pictures.append(lambda: draw.animation({1: flat, 2: wave}, where))
    for picture in pictures:
        count = 0
        picture()
        assert count <= limit
        assert (count > 0) == (limit >= 100)


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1), max_size=12).map(sorted),
    st.lists(st.floats(0.01, 0.2), min_size=12, max_size=12),
)
def test_labels_never_overlap_and_move_only_where_they_must(
    wanted: list[float], heights: list[float]
) -> None:
    size = np.array(heights[: len(wanted)])
    places = spread(np.array(wanted), size)
    gaps = np.diff(places) - 0.5 * (size[1:] + size[:-1])
    assert np.all(gaps >= -1e-12)
    apart = np.diff(wanted) - 0.5 * (size[1:] + size[:-1])
    within = len(wanted) and wanted[0] >= size[0] / 2 and wanted[-1] <= 1 - size[-1] / 2
    if within and np.all(apart >= 0):
        assert places == pytest.approx(np.array(wanted))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.012345, "0.0123"), (2239.2, "2,239"), (905062.0, "905,062"), (1e8, "1e+08"), (0.0, "0")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert short(value) == text


def test_what_draws_on_given_axes_gives_them_back() -> None:
    x = np.linspace(0, 1, 5)
    flat_axes = Figure().subplots()
    assert draw.draw_fits(flat_axes, x, {"a": x}, x) is flat_axes
    assert draw.draw_row_numbers(flat_axes, x, x) is flat_axes
    assert draw.draw_losses(flat_axes, x) is flat_axes
    assert draw.draw_reported(flat_axes, x) is flat_axes
    assert draw.draw_errors(flat_axes, x, {"a": x}) is flat_axes
    assert draw.draw_shares(flat_axes, {"a": x}) is flat_axes
    deep = Figure().add_subplot(projection="3d")
    assert draw.draw_surface(deep, x, x, np.add.outer(x, x), (0.0, 2.0)) is deep


def test_no_picture_of_learning_touches_the_state_of_pyplot() -> None:
    code = """
import sys
from test_draw_training import every_figure, fades, flat, scene
from approximant import draw
for figure in every_figure(scene(2, n=20, limit=100), flat):
    draw.png(figure, dpi=20)
draw.animation(fades(2), scene())
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=__file__.rpartition("/")[0])
