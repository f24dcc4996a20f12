"""ApproximantRegressor: settings kept as they come, all work done by fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from approximant.approximant import Approximant
from approximant.arrays import Array
from approximant.contract import Request, fulfil, read_network
from approximant.descent import DescentSettings
from approximant.errors import SettingError, short
from approximant.estimator._rows import (
    column_names,
    distinct_rows,
    repeated_rows,
    varying_columns,
    weighted_table,
)
from approximant.laboratory import train
from approximant.model import OUTSIDE_POLICIES
from approximant.progress import Watch
from approximant.settings import option
from approximant.targets import Table, TableTarget, read_target
from approximant.threads import single_threaded

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

    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> ApproximantRegressor:
        """Fit to rows X (n, d) and y, (n,) or (n, m).

        Args:
            X: inputs.
            y: outputs.
            sample_weight: (n,). A row of weight 2 counts like two equal rows, one of weight 0 like
                none; beyond that only their proportions matter. Errors in the report count every
                different row once.

        Raises:
            TableError: fewer than four different rows, or no column that varies.
            SettingError: a parameter is outside its limits.
        """
        request = self._request()
        outputs = column_names(y)
        X, y = validate_data(
            self, X, y, dtype=np.float64, multi_output=True, y_numeric=True, ensure_min_samples=2
        )
        self._flat = y.ndim == 1
        weights = None if sample_weight is None else _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )  # fmt: skip
        if weights is not None and not np.isfinite(weights).all():
            raise SettingError("sample_weight must be finite numbers of at least 0.")
        points, values, counts = distinct_rows(X, y.reshape(len(y), -1), weights)
        self.columns_ = varying_columns(points)
        if self.method == "train":
            points, values, counts = repeated_rows(points, values, counts)
        names = getattr(self, "feature_names_in_", None)
        inputs = None if names is None else names[self.columns_].tolist()
        table = weighted_table(points[:, self.columns_], values, counts, inputs, outputs)
        if self.method == "train":
            self.approximant_ = self._train(table, request.seed)
        else:
            self.approximant_ = self._search(table, request)
        return self

    def predict(self, X: Any) -> Array:
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

    def _request(self) -> Request:
        """Return the settings that every method shares, checked, with a seed that was drawn."""
        method = option(self.method, str, "method", choices=METHODS)
        option(self.outside, str, "outside", choices=OUTSIDE_POLICIES)
        option(self.learning_rate, float | None, "learning_rate", above=0.0)
        DescentSettings(  # of "train" alone, but a mistake is one all the same
            optimizer=self.optimizer,
            loss=self.loss,
            batch_size=self.batch_size,
            epochs=self.epochs,
        )
        try:
            if isinstance(self.random_state, bool):  # which scikit-learn takes for 0 and 1
                raise ValueError
            random = check_random_state(self.random_state)
        except ValueError:
            raise SettingError(
                "random_state must be a whole number, a numpy.random.RandomState or None; got "
                f"{short(self.random_state)}."
            ) from None
        return Request(
            tol=self.tol,
            max_neurons=self.max_neurons,
            seconds=self.seconds,
            seed=int(random.randint(2**31 - 1)),
            method="auto" if method == "train" else method,
        )

    def _search(self, table: Table, request: Request) -> Approximant:
        """Return the smallest network that keeps the tolerance, or the best one."""
        request = replace(request, network=read_network(self._shape(table, None)))
        with single_threaded():
            watch = Watch(request.seconds)
            target = read_target(table, seed=request.seed)
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
        widths, space, activations = network.strip().partition(" ")
        first, *hidden, last = widths.split("-") if "-" in widths else (widths, "")
        first, last = (
            str(len(names)) if width == "*" else width
            for width, names in ((first, table.inputs), (last, table.outputs))
        )
        return "-".join([first, *hidden, last]) + space + activations
