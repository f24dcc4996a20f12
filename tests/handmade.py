"""A model and a report made by hand, for tests of what shows them."""

from dataclasses import replace
from typing import Any

import numpy as np

from approximant.arrays import Points, Values, per_output
from approximant.domain import Box, SampledRegion
from approximant.model import Model, Scaling
from approximant.networks import Layer, Network
from approximant.report import OutsideError, Report

NAMES = ("x", "y", "z", "u", "v", "w")


def make_model(d: int = 1, m: int = 1, region: bool = False, **changes: Any) -> Model:
    """Return a small tanh network on 0 to 2 in every input."""
    rng = np.random.default_rng(d + 10 * m)
    hidden = Layer.uniform(rng.normal(size=(6, d)), rng.normal(size=6), "tanh")
    network = Network((hidden, Layer.uniform(rng.normal(size=(m, 6)), np.ones(m), "linear")))
    settings: dict[str, Any] = {
        "network": network,
        "domain": Box(NAMES[:d], (0.0,) * d, (2.0,) * d),
        "outputs": ("f",) if m == 1 else tuple(f"f{k}" for k in range(m)),
        "input_scaling": Scaling.identity(d),
        "output_scaling": Scaling.identity(m),
        # Only the lower half of every input was sampled.
        "region": SampledRegion(0.5 * rng.random((200, d)), 0.1) if region else None,
    }
    return Model(**{**settings, **changes})


def reweighted(model: Model, weight: float, layer: int = 0) -> Model:
    """Return the model with another number as the first weight of a layer."""
    layers = list(model.network.layers)
    weights = layers[layer].weights.copy()
    weights[0, 0] = weight
    layers[layer] = replace(layers[layer], weights=weights)
    return replace(model, network=Network(tuple(layers)))


def near_target(model: Model, error: float = 1e-6) -> Any:
    """Return a target that differs from the model by at most `error`, and remembers its points."""

    def target(points: Points) -> Values:
        target.points.append(points)
        return model.evaluate(points) + error * np.sin(40 * points.sum(axis=1, keepdims=True))

    target.points = []
    return target


def make_report(model: Model, **changes: Any) -> Report:
    """Return the report of a fit with error 1e-6 and tolerance 1e-5."""
    m, d = len(model.outputs), model.domain.dimension

    def each(value: float) -> Any:
        return per_output(np.full(m, value))

    point = np.full((m, d), 0.5) if m > 1 else np.full(d, 0.5)
    settings: dict[str, Any] = {
        "target": "made by hand", "kind": "formula", "inputs": model.domain.names,
        "outputs": model.outputs, "network": str(model.network), "met": True,
        "status": "Met: none of 1,234 fresh points exceeded the tolerance.",
        "max_error": each(1e-6), "worst_point": point, "rmse": each(7e-7), "mae": each(6e-7),
        "scale": each(1.0), "scale_point": point, "tolerance": each(1e-5), "range": each(0.8),
        "range_error": each(1.25e-6), "checked_points": 1234, "neurons": model.network.neurons,
        "parameters": model.network.parameters, "outer_weight_sum": each(3.0),
        "rounding": each(1e-14), "evaluations": 4321, "seconds": 0.05, "seed": 7,
        "outside": tuple(
            OutsideError(name, side, share, each(1e-3 * share))
            for name in model.domain.names
            for side in ("below", "above")
            for share in (0.01, 0.1, 0.5, 1.0)
        ),
        "history": ((3, 20.0), (6, 0.1)),
    }  # fmt: skip
    return Report(**{**settings, **changes})
