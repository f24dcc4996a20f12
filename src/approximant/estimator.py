"""ApproximantRegressor: the approximant as a scikit-learn estimator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from approximant.approximant import Approximant
from approximant.arrays import Array, Points, Values, Vector
from approximant.contract import Request, fulfil, read_network
from approximant.domain import MIN_FLOATS
from approximant.errors import SettingError
from approximant.laboratory import train
from approximant.progress import Watch
from approximant.solving import single_threaded
from approximant.targets import Table, TableTarget, read_target

try:
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "ApproximantRegressor needs scikit-learn: pip install 'approximant[sklearn]'"
    ) from error

METHODS = ("auto", "construct", "refine", "train")
TRAINED = "*-32-* tanh"  # the shape that is trained where none is asked for
WHOLE = 1000  # largest weight for which a row is repeated exactly so often
TENTHS = 10  # copies of a row of mean weight where the weights are no whole numbers


class ApproximantRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Regression by the smallest network that the tolerance, or the noise in the rows, asks for.

    Inputs and outputs are scaled inside. The rows are split by a hash of their inputs: 60 % to fit,
    20 % to choose the network, 20 % to state its error, which `approximant_.report` does. Where
    noise keeps the tolerance out of reach, the penalties on the weights come from the rows too.

    A network answers everywhere, and `predict` hands that out without a warning, as scikit-learn
    expects, since the rows of a test often lie just outside those of the training; say otherwise
    with `outside`. `approximant_` itself keeps its guard: it warns outside, and
    `approximant_.inside(X)` tells where its error is known.

    >>> from sklearn.datasets import make_friedman1
    >>> X, y = make_friedman1(300, random_state=0)
    >>> model = ApproximantRegressor(random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.99
    True

    Args:
        tol: largest error wanted, as a share of the largest |y|; the search ends once it is met.
        max_neurons: most hidden neurons.
        method: "construct" places neurons by rule and solves for the output weights, "refine"
            improves all weights by a second-order method, "auto" does both; "train" descends a
            gradient step by step.
        network: a shape to use as it is, "10-16-1 tanh"; a star stands for the number of inputs
            or outputs: "*-16-* tanh". None finds the size; "train" takes TRAINED then.
        optimizer: for "train": a name, or an optimizer such as `approximant.RMSprop(0.02)`.
        learning_rate: for "train": None for the default of the optimizer.
        loss: for "train": "mse", "mae", "huber", ...
        batch_size: for "train": rows between two steps, or "all".
        epochs: for "train": passes over the rows.
        seconds: after this time a search ends with the best network so far.
        outside: what `predict` does with rows outside the domain: "allow", "warn", "raise", "nan"
            or "clip".
        random_state: of the first weights and the split of the rows.

    Attributes:
        approximant_: the Approximant: report, save, gradient and so on.
        columns_: columns of X that are its inputs: all that vary.
        history_: for "train": loss and metrics, epoch by epoch.
        n_features_in_: number of columns of X.
        feature_names_in_: their names, which name the domain too.
    """

    def __init__(
        self,
        tol: float = 1e-2,
        max_neurons: int = 2048,
        method: str = "auto",
        network: Any = None,
        *,
        optimizer: Any = "adam",
        learning_rate: float | None = None,
        loss: str = "mse",
        batch_size: int | str = 32,
        epochs: int = 200,
        seconds: float = 30.0,
        outside: str = "allow",
        random_state: Any = None,
    ) -> None:
        self.tol = tol
        self.max_neurons = max_neurons
        self.method = method
        self.network = network
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.loss = loss
        self.batch_size = batch_size
        self.epochs = epochs
        self.seconds = seconds
        self.outside = outside
        self.random_state = random_state

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> ApproximantRegressor:
        """Fit to rows X (n, d) and y, (n,) or (n, m).

        Args:
            X: inputs.
            y: outputs.
            sample_weight: (n,). A row of weight 2 counts like two equal rows, one of weight 0 like
                none; beyond that only their proportions matter.

        Raises:
            TableError: fewer than four different rows, or no column that varies.
            SettingError: a parameter is outside its limits.
        """
        names = _column_names(y)
        X, y = validate_data(
            self, X, y, dtype=np.float64, multi_output=True, y_numeric=True, ensure_min_samples=2
        )
        self._flat = y.ndim == 1
        weights = None if sample_weight is None else _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )  # fmt: skip
        points, values, counts = _distinct(X, y.reshape(len(y), -1).astype(np.float64), weights)
        self.columns_ = _varying(points)
        if self.method == "train":
            points, values = _repeated(points, values, counts)
            counts = np.ones(len(points))
        inputs = getattr(self, "feature_names_in_", None)
        table = Table.from_arrays(
            points[:, self.columns_],
            values,
            inputs=None if inputs is None else list(inputs[self.columns_]),
            outputs=names,
        )
        if np.ptp(counts) > 0.0:
            table = replace(table, weights=counts)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.approximant_ = self._train(table, seed) if self.method == "train" else self._search(
            table, seed
        )  # fmt: skip
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Return the network's values at rows X (n, d): (n,), or (n, m) if y was.

        Raises:
            DomainError: rows lie outside the domain and `outside` is "raise".
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        model = replace(self.approximant_.model, outside=self.outside)
        values = model(X[:, self.columns_])
        return values[:, 0] if self._flat else values

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _search(self, table: Table, seed: int) -> Approximant:
        """Return the smallest network that keeps the tolerance, or the best one."""
        if self.method not in METHODS:
            raise SettingError(
                f"method={self.method!r} is unknown; choose one of {', '.join(METHODS)}."
            )
        request = Request(
            tol=self.tol,
            network=read_network(self._shape(table, None)),
            max_neurons=self.max_neurons,
            seconds=self.seconds,
            seed=seed,
            method=self.method,
        )
        with single_threaded():
            watch = Watch(self.seconds)
            target = read_target(table, seed=seed)
            assert isinstance(target, TableTarget)
            model, report = fulfil(target, request, watch)
        return Approximant(model, report, target)

    def _train(self, table: Table, seed: int) -> Approximant:
        """Return a network of a given shape after a descent; its history stays in `history_`."""
        optimizer = self.optimizer
        if self.learning_rate is not None:
            optimizer = {"name": optimizer, "rate": self.learning_rate}
        training = train(
            table,
            network=self._shape(table, TRAINED),
            optimizer=optimizer,
            loss=self.loss,
            batch_size=self.batch_size,
            epochs=self.epochs,
            scaling="standard",
            output_scaling="standard",
            seconds=self.seconds,
            seed=seed,
        )
        self.history_ = training.history
        return training.approximant

    def _shape(self, table: Table, default: str | None) -> Any:
        """Return the network asked for, stars replaced by the numbers of inputs and outputs."""
        network = default if self.network is None else self.network
        if not isinstance(network, str):
            return network
        first, dash, rest = network.partition("-")
        before, last, after = rest.rpartition("-")
        first = first.replace("*", str(len(table.inputs)))
        return first + dash + before + last + after.replace("*", str(len(table.outputs)), 1)


def _column_names(y: Any) -> list[str] | None:
    """Return the names that a data frame or series of outputs brings along, or None."""
    names = getattr(y, "columns", None)
    names = [getattr(y, "name", None)] if names is None else list(names)
    return names if all(isinstance(name, str) and name for name in names) else None


def _distinct(
    points: Points, values: Values, weights: Vector | None
) -> tuple[Points, Values, Vector]:
    """Return the different rows, sorted, and how much each counts; rows of weight 0 are left out.

    So a row repeated k times and a row of weight k are the same to the last bit.
    """
    weights = np.ones(len(points)) if weights is None else weights
    rows = np.column_stack([points, values])[weights > 0.0]
    rows, which = np.unique(rows, axis=0, return_inverse=True)
    counts = np.bincount(which.ravel(), weights[weights > 0.0], len(rows))
    return rows[:, : points.shape[1]], rows[:, points.shape[1] :], counts


def _varying(points: Points) -> NDArray[np.intp]:
    """Return the columns that vary: the others tell nothing; all columns where none does."""
    if not len(points):
        raise ValueError("Every row has weight zero; give at least four rows a positive weight.")
    floats = np.spacing(np.abs(points).max(axis=0))
    varies = np.flatnonzero(np.ptp(points, axis=0) > MIN_FLOATS * floats)
    return varies if len(varies) else np.arange(points.shape[1])


def _repeated(points: Points, values: Values, counts: Vector) -> tuple[Points, Values]:
    """Return rows repeated by weight, for a descent that knows no other: to a tenth of the mean."""
    shares = counts / counts.min()
    whole = bool(np.all(shares == np.round(shares))) and shares.max() <= WHOLE
    copies = shares if whole else np.maximum(np.round(TENTHS * counts / counts.mean()), 1.0)
    times = copies.astype(np.intp)
    return np.repeat(points, times, axis=0), np.repeat(values, times, axis=0)
