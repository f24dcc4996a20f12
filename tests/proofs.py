"""Networks and proofs for the tests of certificates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

import approximant as ap
from approximant.certificate import Certificate
from approximant.certify import prove, refuted
from approximant.domain import Box
from approximant.model import Model, Scaling
from approximant.networks import Layer, Network

Domain = tuple[tuple[str, float, float], ...]


@lru_cache
def fitted(text: str, domain: Domain, tol: float = 1e-10) -> ap.Approximant:
    """Return a fit of a formula, made once."""
    return ap.approximate(text, {name: (low, high) for name, low, high in domain}, tol=tol)


def random_model(
    widths: Sequence[int], activations: Sequence[str], *, d: int = 1, m: int = 1, seed: int = 0
) -> Model:
    """Return a network of random weights with a scaling that rounds."""
    rng = np.random.default_rng(seed)
    sizes = [d, *widths]
    layers = [
        Layer.uniform(rng.normal(size=(b, a)) / np.sqrt(a), rng.normal(size=b), name)
        for a, b, name in zip(sizes, sizes[1:], activations, strict=False)
    ]
    outer = rng.normal(size=(m, sizes[-1])) / sizes[-1]
    layers.append(Layer.uniform(outer, rng.normal(size=m), "linear"))
    return Model(
        Network(tuple(layers)),
        Box(("x", "y", "z")[:d], (-1.0,) * d, (2.0,) * d),
        tuple(f"f{k}" for k in range(m)),
        Scaling(np.full(d, 0.3), np.full(d, 1.7)),
        Scaling(np.full(m, 0.1), np.full(m, 1.3)),
    )


def certified(model: Model, *texts: str, seconds: float = 20.0) -> Certificate:
    """Return the certificate of a model for formulas, after an attempt to refute it."""
    formulas = [ap.Formula(text, model.domain.names) for text in texts]
    certificate = prove(model, formulas, seconds=seconds)
    if certificate.proved:
        assert not refuted(certificate, model, formulas, points=20_000)
    return certificate
