"""Our optimizers one step at a time, on the gradient of a small network; used by several tests."""

import dataclasses
from typing import Any

import numpy as np
from compiled import callable_part

from approximant.arrays import Array, Vector
from approximant.descent import (
    OPTIMIZERS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    GradientOptimizer,
    Nadam,
    RMSprop,
)
from approximant.descent._updates import update as compiled_update

update = callable_part(compiled_update)
STEPS = 60
PARAMETERS = 25  # 2 * 6 + 6 hidden, 6 + 1 output
CODED: list[type[GradientOptimizer]] = [
    kind for kind in OPTIMIZERS.values() if issubclass(kind, GradientOptimizer)
]
VARIANTS = [
    *(kind() for kind in CODED),
    SGD(0.05, momentum=0.9),
    SGD(0.05, momentum=0.9, nesterov=True),
    RMSprop(0.01, momentum=0.8),
    RMSprop(0.01, centered=True),
    RMSprop(0.01, rho=0.95, momentum=0.5, centered=True, epsilon=1e-4),
    Adam(0.03, beta1=0.8, beta2=0.9, epsilon=1e-3),
    AdamW(0.03, decay=0.2),
    Nadam(0.03, beta1=0.8, beta2=0.95),
    Adagrad(0.1, initial=0.01),
]


def start() -> Vector:
    return np.random.default_rng(4).normal(0.0, 0.7, PARAMETERS)


def loss_and_gradient(weights: Vector) -> tuple[float, Vector]:
    """Return the mean squared error of a 2-6-1 tanh network on fixed rows, and its gradient."""
    rng = np.random.default_rng(7)
    x = rng.uniform(-1.0, 1.0, (40, 2))
    y = np.sin(2.0 * x[:, 0]) * x[:, 1]
    w1, b1, w2, b2 = weights[:12].reshape(6, 2), weights[12:18], weights[18:24], weights[24]
    a = np.tanh(x @ w1.T + b1)
    r = a @ w2 + b2 - y
    dz = (2.0 / len(y)) * r[:, None] * w2 * (1.0 - a * a)
    parts = (dz.T @ x, dz.sum(axis=0), 2.0 * (a * r[:, None]).mean(axis=0), [2.0 * r.mean()])
    return float((r * r).mean()), np.concatenate([np.ravel(part) for part in parts])


class Stepper:
    """Our optimizer, one step at a time."""

    def __init__(self, optimizer: GradientOptimizer, weights: Array) -> None:
        self.optimizer = optimizer
        self.weights = weights.copy()
        self.slots, self.scalars = optimizer.start(len(weights), weights.dtype)

    def step(self, gradient: Array, rate: float | None = None) -> None:
        update(
            self.optimizer.code,
            np.array(self.optimizer.numbers()),
            self.optimizer.rate if rate is None else rate,
            self.scalars,
            self.weights,
            gradient,
            self.slots,
        )


def path(optimizer: GradientOptimizer, steps: int = STEPS) -> Array:
    """Return the weights after each step, (steps, p)."""
    stepper = Stepper(optimizer, start())
    weights = []
    for _ in range(steps):
        stepper.step(loss_and_gradient(stepper.weights)[1])
        weights.append(stepper.weights.copy())
    return np.stack(weights)


def label(optimizer: Any) -> str:
    default = type(optimizer)()
    changed = [
        field.name
        for field in dataclasses.fields(optimizer)
        if getattr(optimizer, field.name) != getattr(default, field.name)
    ]
    return "-".join([optimizer.name, *changed])
