"""Losses: values and slopes against NumPy and JAX, at the extremes too."""

import math
from typing import Any

import numpy as np
import pytest
from compiled import callable_part
from mpmath import mp

from approximant.arrays import Array
from approximant.descent import LOSSES, read_loss
from approximant.descent._loss_terms import loss_terms as compiled_loss_terms
from approximant.errors import SettingError

loss_terms = callable_part(compiled_loss_terms)
DELTA = 0.7
DTYPES = [np.float64, np.float32]


def residuals(rows: int = 50, outputs: int = 3) -> Array:
    """Return residuals of many sizes, zero and +-delta among them."""
    rng = np.random.default_rng(3)
    found = rng.standard_normal((rows, outputs)) * 10.0 ** rng.integers(-6, 3, (rows, outputs))
    found[0] = 0.0, DELTA, -DELTA
    return found


def loss(name: str, r: Array, delta: float = DELTA) -> tuple[float, Array]:
    """Return our loss of residuals (rows, outputs) and its derivative by each."""
    chosen, slopes = LOSSES[name], np.empty(r.size, r.dtype)
    share = chosen.share(*r.shape)
    total = loss_terms(chosen.code, delta, np.ascontiguousarray(r).ravel(), slopes)
    return share * float(total), share * slopes.reshape(r.shape)


def reference(name: str, r: Any, xp: Any) -> Any:
    """Return the textbook loss, with the functions of NumPy or JAX."""
    match name:
        case "mse":
            return xp.mean(r**2)
        case "sse":
            return xp.sum(r**2)
        case "half_squares":
            return xp.mean(xp.sum(r**2, axis=1)) / 2
        case "mae":
            return xp.mean(xp.abs(r))
        case "huber":
            size = xp.abs(r)
            return xp.mean(xp.where(size <= DELTA, r**2 / 2, DELTA * (size - DELTA / 2)))
        case "log_cosh":
            return xp.mean(xp.logaddexp(r, -r) - math.log(2.0))
    raise NotImplementedError(f"no reference for {name}")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_value_is_that_of_the_textbook(name: str, dtype: type) -> None:
    r = residuals()
    precision = 1e-12 if dtype is np.float64 else 1e-5
    value, slopes = loss(name, r.astype(dtype))
    assert value == pytest.approx(float(reference(name, r, np)), rel=precision)
    assert slopes.dtype == dtype


@pytest.mark.parametrize("name", LOSSES)
def test_slope_is_that_of_automatic_differentiation(name: str) -> None:
    import jax

    jax.config.update("jax_enable_x64", True)
    r = residuals()
    slopes = jax.grad(lambda r: reference(name, r, jax.numpy))(jax.numpy.asarray(r))
    smooth = r != 0 if name == "mae" else np.ones(r.shape, bool)
    np.testing.assert_allclose(loss(name, r)[1][smooth], slopes[smooth], rtol=1e-8, atol=1e-13)


@pytest.mark.parametrize("name", LOSSES)
def test_slope_is_that_of_central_differences(name: str) -> None:
    r = np.array([[-3.0, -0.5, 0.3, 0.69, 0.71, 2.0]]).T
    step = 1e-6
    for k in range(len(r)):
        shift = np.zeros_like(r)
        shift[k] = step
        difference = (loss(name, r + shift)[0] - loss(name, r - shift)[0]) / (2 * step)
        assert loss(name, r)[1][k, 0] == pytest.approx(difference, rel=1e-7)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_no_residual_means_no_loss_and_no_slope(name: str, dtype: type) -> None:
    value, slopes = loss(name, np.zeros((4, 2), dtype))
    assert value == 0.0
    assert not slopes.any()


@pytest.mark.parametrize("name", LOSSES)
def test_loss_is_even_and_grows_with_the_residual(name: str) -> None:
    sizes = np.geomspace(1e-9, 1e6, 60)
    values = np.array([loss(name, np.array([[size]]))[0] for size in sizes])
    assert (np.diff(values) > 0).all()
    for size, value in zip(sizes, values, strict=True):
        flipped, slopes = loss(name, np.array([[-size]]))
        assert flipped == value and slopes[0, 0] < 0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", LOSSES)
def test_residual_that_is_no_number_shows_in_the_loss(name: str, bad: float) -> None:
    value, _ = loss(name, np.array([[1.0, bad], [0.0, 2.0]]))
    assert not math.isfinite(value)


@pytest.mark.parametrize(
    ("dtype", "sizes", "precision"),
    [
        (np.float64, [1e-150, 1e-9, 1e-4, 0.3, 0.999, 1.001, 5.0, 30.0, 710.0, 1e150], 1e-15),
        (np.float32, [1e-18, 1e-5, 0.01, 0.3, 0.999, 1.001, 5.0, 30.0, 89.0, 1e30], 4e-7),
    ],
)
def test_log_cosh_is_accurate_near_zero_and_does_not_overflow_far_away(
    dtype: type, sizes: list[float], precision: float
) -> None:
    mp.dps = 400
    for size in sizes:
        exact = dtype(size)
        value, slopes = loss("log_cosh", np.array([[exact]]))
        number = mp.mpf(float(exact))
        true = number - mp.log(2) if size > 1000 else mp.log(mp.cosh(number))
        assert value == pytest.approx(float(true), rel=3 * precision)
        assert slopes[0, 0] == pytest.approx(float(mp.tanh(number)), rel=3 * precision)


def test_huber_is_half_squares_within_delta_and_linear_beyond() -> None:
    assert loss("huber", np.array([[0.5]]), delta=1.0)[0] == 0.125
    value, slopes = loss("huber", np.array([[-3.0]]), delta=2.0)
    assert (value, slopes[0, 0]) == (2.0 * (3.0 - 1.0), -2.0)


def test_shares_turn_sums_into_means() -> None:
    shares = {name: LOSSES[name].share(8, 3) for name in LOSSES}
    assert shares == {
        "mse": 1 / 24, "sse": 1.0, "half_squares": 1 / 8, "mae": 1 / 24, "huber": 1 / 24,
        "log_cosh": 1 / 24,
    }  # fmt: skip


def test_every_loss_has_a_formula_and_only_huber_uses_delta() -> None:
    for name, found in LOSSES.items():
        assert found.name == name and "r" in found.formula
        same = loss(name, residuals(), 0.1)[0] == loss(name, residuals(), 10.0)[0]
        assert same is not found.uses_delta


def test_unknown_loss_suggests_the_nearest() -> None:
    assert read_loss("mae") is LOSSES["mae"]
    with pytest.raises(SettingError, match=r"Unknown loss 'hubert'; did you mean 'huber'\?"):
        read_loss("hubert")
