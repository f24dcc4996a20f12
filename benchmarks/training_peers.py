"""The same training steps by others: what `training.py` compares with.

Each function prepares one contender for a `Work` and returns a function that trains for one pass
over its rows. What is not installed raises ImportError. `Contender` runs one of them in a process
of its own, for the frameworks do not all bear each other's company.
"""

from __future__ import annotations

import ctypes
import math
import multiprocessing
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

Pass = Callable[[], object]
LIMIT = Path(__file__).with_name("training_limit.c")


@dataclass(frozen=True)
class Work:
    """A network and how it is trained; hidden layers share an activation, the output is linear."""

    name: str
    widths: tuple[int, ...]
    activation: str
    method: str
    rate: float
    batch: int
    rows: int
    dtype: str = "float32"

    @property
    def steps(self) -> int:
        return self.rows // self.batch

    @property
    def data(self) -> tuple[Any, Any]:
        rng = np.random.default_rng(0)
        x = rng.random((self.rows, self.widths[0]))
        return x.astype(self.dtype), (x[:, :1] ** 2 + x.sum(axis=1, keepdims=True)).astype(
            self.dtype
        )

    @property
    def weights(self) -> list[Any]:
        """Weights (in, out) and biases of each layer."""
        rng = np.random.default_rng(1)
        return [
            part.astype(self.dtype)
            for inputs, outputs in pairwise(self.widths)
            for part in (
                rng.uniform(-1, 1, (inputs, outputs)) * math.sqrt(6 / (inputs + outputs)),
                np.zeros(outputs),
            )
        ]


class Contender:
    """One of the functions below in its own process; it waits while others take their turn."""

    def __init__(self, name: str) -> None:
        context = multiprocessing.get_context("spawn")
        self.name = name
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, name), daemon=True)
        self._process.start()

    def prepare(self, work: Work) -> str:
        """Prepare for a work; return what is missing, or an empty text."""
        return str(self._asked(work))

    def turn(self) -> float:
        """Train for at least 50 ms; return the seconds of one pass."""
        return float(self._asked(None))

    def _asked(self, what: Work | None) -> Any:
        self._pipe.send(what)
        return self._pipe.recv()


def _serve(pipe: Any, name: str) -> None:
    once: Pass = print
    repeats = 1
    while True:
        work = pipe.recv()
        if work is None:
            start = time.perf_counter()
            for _ in range(repeats):
                once()
            pipe.send((time.perf_counter() - start) / repeats)
            continue
        try:
            once = globals()[name](work)
        except ImportError as error:
            pipe.send(str(error))
            continue
        once()  # compiles, where it must
        start = time.perf_counter()
        once()
        repeats = max(1, round(0.05 / (time.perf_counter() - start)))
        pipe.send("")


def approximant(work: Work) -> Pass:
    """The library itself, as people call it: descend, shuffling and all."""
    from approximant.descent import DescentSettings, descend
    from approximant.networks import Layer, Network
    from approximant.sampling import Samples

    parts = [part.astype(float) for part in work.weights]
    names = [work.activation] * (len(work.widths) - 2) + ["linear"]
    layers = (
        Layer.uniform(w.T.copy(), b, name)
        for w, b, name in zip(parts[::2], parts[1::2], names, strict=True)
    )
    many = 10**9
    settings = DescentSettings(
        optimizer={"name": work.method, "rate": work.rate},
        loss="half_squares" if work.method == "sgd" else "mse",
        batch_size=work.batch,
        shuffle=work.batch > 1,
        dtype=work.dtype,
        epochs=many,
        measure_every=many,
    )
    x, y = work.data
    epochs = descend(Network(tuple(layers)), Samples(x.astype(float), y.astype(float)), settings)
    return lambda: next(epochs)


def c(work: Work) -> Pass:
    """The step in C with every size known to the compiler."""
    half = 1 if work.method == "sgd" else 2
    sizes = [*work.widths, 0, 0, 0][:5]
    names = {"tanh": "hyperbolic", "float32": "float", "float64": "double"}
    macros = {f"W{k}": size for k, size in enumerate(sizes)} | {
        "REAL": names[work.dtype],
        "BATCH": work.batch,
        "ACTIVATION": names.get(work.activation, work.activation),
        "METHOD": work.method,
        "HALF": half,
    }
    with tempfile.TemporaryDirectory() as folder:
        library = f"{folder}/limit.so"
        flags = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
        defined = [f"-D{name}={value}" for name, value in macros.items()]
        try:
            subprocess.run(["gcc", *flags, *defined, "-o", library, LIMIT, "-lm"], check=True)
        except FileNotFoundError as error:
            raise ImportError("no gcc") from error
        loaded = ctypes.CDLL(library)
    x, y = work.data
    rows = np.ascontiguousarray(np.hstack([x, y]))
    order = np.arange(work.rows, dtype=np.int32)
    parts = work.weights
    start = np.concatenate([part.ravel() for part in parts[::2] + parts[1::2]])
    loaded.start(ctypes.c_void_p(start.ctypes.data))
    loaded.epoch.restype = ctypes.c_double
    arguments = (
        ctypes.c_void_p(rows.ctypes.data),
        ctypes.c_void_p(order.ctypes.data),
        ctypes.c_int64(work.rows),
        ctypes.c_double(work.rate),
    )

    def once() -> object:
        if work.batch > 1:
            np.random.default_rng(0).shuffle(order)
        return loaded.epoch(*arguments), rows

    return once


def numpy(work: Work) -> Pass:
    """The derivation of a 1-n-1 sigmoid network in NumPy, one row at a time, line by line."""
    if work.batch > 1 or len(work.widths) != 3:
        raise ImportError("written for single rows and one hidden layer")
    xs, ys = work.data
    first = [part.T.copy() if part.ndim > 1 else part[:, None] for part in work.weights]
    rate = np.asarray(work.rate, work.dtype)

    def once() -> None:
        w1, b1, w2, b2 = first
        for x, y in zip(xs[:, :, None], ys[:, :, None], strict=True):
            z1 = np.dot(w1, x) + b1
            a1 = 1 / (1 + np.exp(-z1))
            z2 = np.dot(w2, a1) + b2
            dz2 = z2 - y
            dw2, db2 = np.dot(dz2, a1.T), dz2
            dz1 = np.dot(w2.T, dz2) * a1 * (1 - a1)
            dw1, db1 = np.dot(dz1, x.T), dz1
            w1 = w1 - rate * dw1
            b1 = b1 - rate * db1
            w2 = w2 - rate * dw2
            b2 = b2 - rate * db2

    return once


def keras(work: Work) -> Pass:
    """`Model.fit` of Keras on TensorFlow."""
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    import keras as library

    layers = [library.layers.Dense(width, work.activation) for width in work.widths[1:-1]]
    model = library.Sequential(
        [library.Input((work.widths[0],)), *layers, library.layers.Dense(work.widths[-1])]
    )
    model.set_weights(work.weights)
    kind = {"rmsprop": "RMSprop", "nadam": "Nadam", "adam": "Adam", "sgd": "SGD"}[work.method]
    model.compile(getattr(library.optimizers, kind)(work.rate), "mse", metrics=["mae"])
    x, y = work.data
    return lambda: model.fit(x, y, batch_size=work.batch, epochs=1, verbose=0)


def pytorch(work: Work) -> Pass:
    """The usual eager loop of PyTorch."""
    import torch

    torch.set_num_threads(1)
    modules: list[Any] = []
    parts = work.weights
    kinds = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}
    for w, b in zip(parts[::2], parts[1::2], strict=True):
        linear = torch.nn.Linear(*w.shape)
        linear.weight.data = torch.tensor(w.T.copy())
        linear.bias.data = torch.tensor(b)
        modules += [linear, kinds[work.activation]()]
    model = torch.nn.Sequential(*modules[:-1])
    kind = {"rmsprop": "RMSprop", "nadam": "NAdam", "adam": "Adam", "sgd": "SGD"}[work.method]
    optimizer = getattr(torch.optim, kind)(model.parameters(), lr=work.rate)
    x, y = (torch.tensor(part) for part in work.data)

    def once() -> None:
        for rows in torch.randperm(work.rows).split(work.batch):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(x[rows]), y[rows]).backward()
            optimizer.step()

    return once


def scikit_learn(work: Work) -> Pass:
    """`MLPRegressor`, by Adam, for it has neither RMSprop nor Nadam."""
    from sklearn.neural_network import MLPRegressor

    names = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic"}
    model = MLPRegressor(
        hidden_layer_sizes=work.widths[1:-1],
        activation=names[work.activation],
        batch_size=work.batch,
        learning_rate_init=work.rate,
        max_iter=1,
        warm_start=True,
        alpha=0.0,
    )
    x, y = work.data

    def once() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that one iteration is not enough
            model.fit(x, y[:, 0])

    return once


def jax(work: Work) -> Pass:
    """A whole pass as one `jit` of a `scan`, forward, gradient and update compiled together."""
    import jax as library
    import jax.numpy as jnp

    f = {"relu": library.nn.relu, "tanh": jnp.tanh, "sigmoid": library.nn.sigmoid}[work.activation]

    def loss(parts: list[Any], x: Any, y: Any) -> Any:
        for k in range(0, len(parts), 2):
            x = x @ parts[k] + parts[k + 1]
            x = x if k == len(parts) - 2 else f(x)
        return jnp.mean((x - y) ** 2)

    def moved(w: Any, g: Any, m: Any, v: Any, t: Any) -> tuple[Any, Any, Any]:
        """A step of RMSprop, or of Adam, whose arithmetic Nadam shares but for a scalar."""
        if work.method == "rmsprop":
            v = 0.9 * v + 0.1 * g * g
            return w - work.rate * g / jnp.sqrt(v + 1e-7), m, v
        m, v = m + 0.1 * (g - m), v + 0.001 * (g * g - v)
        size = jnp.sqrt(v / (1 - 0.999**t)) + 1e-8
        return w - work.rate / (1 - 0.9**t) * m / size, m, v

    x, y = (jnp.asarray(part) for part in work.data)

    def step(state: Any, rows: Any) -> tuple[Any, Any]:
        parts, m, v, t = state
        value, gradient = library.value_and_grad(loss)(parts, x[rows], y[rows])
        found = [moved(*each, t) for each in zip(parts, gradient, m, v, strict=True)]
        return (*map(list, zip(*found, strict=True)), t + 1), value

    @library.jit
    def epoch(state: Any, key: Any) -> Any:
        order = library.random.permutation(key, work.rows)[: work.steps * work.batch]
        return library.lax.scan(step, state, order.reshape(work.steps, work.batch))

    parts = [jnp.asarray(part) for part in work.weights]
    kept = [(parts, [p * 0 for p in parts], [p * 0 for p in parts], jnp.asarray(1.0))]

    def once() -> None:
        state, values = epoch(kept[0], library.random.PRNGKey(0))
        values.block_until_ready()
        kept[0] = state

    return once
