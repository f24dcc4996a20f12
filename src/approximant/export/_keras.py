"""Weights named for a `keras.Sequential`."""

from __future__ import annotations

from approximant.export._format import Format
from approximant.export._sequential import Module
from approximant.export._subject import Subject
from approximant.export._weights import Framework

# Activation: what a Dense layer is given. Two of its own would take their constants in float32.
ACTIVATIONS_IN_KERAS = {
    "linear": "None",
    "tanh": "ops.tanh",
    "sigmoid": "ops.sigmoid",
    "sin": "ops.sin",
    "gaussian": "lambda z: ops.exp(-z * z)",
    "softplus": "ops.softplus",
    "silu": "ops.silu",
    "gelu": "lambda z: 0.5 * z * (1.0 + ops.erf(z * 0.5**0.5))",
    "elu": "ops.elu",
    "relu": "ops.relu",
    "leaky_relu": "lambda z: ops.where(z > 0, z, 0.01 * z)",
    "abs": "ops.absolute",
    "step": "lambda z: ops.cast(z >= 0, z.dtype) + 0 * z",
}
_GROUPS = """\
def groups(*parts):
    def activated(z):
        done, start = [], 0
        for function, count in parts:
            part = z[:, start : start + count]
            done.append(part if function is None else function(part))
            start += count
        return ops.concatenate(done, axis=1)

    return activated


"""
_LAYER = """\
class {name}(keras.layers.Layer):
    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, x.dtype)

    def build(self, shape):
        self.{first} = self.add_weight(shape=(shape[-1],), trainable=False)
        self.{second} = self.add_weight(shape=(shape[-1],), trainable=False)

    def call(self, x):
{body}


"""
_SCALE = "        return (x - self.anchor) / self.width"
_UNSCALE = "        return self.anchor + self.width * x"
_GUARDS = {
    "clip": "        return ops.minimum(ops.maximum(x, self.lower), self.upper)",
    "nan": "        inside = (x >= self.lower) & (x <= self.upper)\n"
    "        inside = ops.all(inside, axis=1, keepdims=True)\n"
    '        return ops.where(inside, x, float("nan"))',
    "error": "        if not ops.all((x >= self.lower) & (x <= self.upper)):\n"
    '            raise ValueError("a point lies outside the domain of this network")\n'
    "        return x",
}


def lines(subject: Subject, found: list[Module], path: str) -> str:
    """Return the lines that rebuild the network from the file `path`."""
    kinds = {module.kind for module in found}
    steps = [_step(module) for module in found]
    classes = ""
    if "guard" in kinds:
        body = _GUARDS[subject.policy]
        classes += _LAYER.format(name="Guard", first="lower", second="upper", body=body)
    if "scale" in kinds:
        classes += _LAYER.format(name="Scale", first="anchor", second="width", body=_SCALE)
    if "unscale" in kinds:
        classes += _LAYER.format(name="Unscale", first="anchor", second="width", body=_UNSCALE)
    classes += _GROUPS * any("groups(" in step for step in steps)
    body = "".join(f"    {step},\n" for step in steps)
    eager = "model.run_eagerly = True  # the guard raises\n" * (subject.policy == "error")
    return (
        "import keras\nfrom keras import ops\nfrom safetensors.numpy import load_file\n\n"
        'keras.config.set_floatx("float64")\n'
        'keras.config.set_dtype_policy("float64")\n\n\n'
        f"{classes}model = keras.Sequential([\n"
        f"    keras.Input(({subject.model.domain.dimension},)),\n{body}])\n"
        f"weights = load_file({path!r})\n"
        "for number, layer in enumerate(model.layers):\n"
        '    names = ("lower", "upper", "anchor", "width", "kernel", "bias")\n'
        '    keys = (f"{number}.{name}" for name in names)\n'
        "    layer.set_weights([weights[key] for key in keys if key in weights])\n" + eager
    )


def _step(module: Module) -> str:
    if module.kind != "linear":
        return f"{module.kind.capitalize()}()"
    width = len(module.tensors["weight"])
    if len(module.groups) > 1:
        parts = (f"({ACTIVATIONS_IN_KERAS[name]}, {count})" for name, count in module.groups)
        return f"keras.layers.Dense({width}, groups({', '.join(parts)}))"
    name = module.groups[0][0]
    given = "" if name == "linear" else f", {ACTIVATIONS_IN_KERAS[name]}"
    return f"keras.layers.Dense({width}{given})"


_KERAS = Framework(
    names={"weight": "kernel", **{n: n for n in ("bias", "anchor", "width", "lower", "upper")}},
    transposed=True,
    separate=False,
    lines=lines,
)
KERAS = Format(
    suffix=".keras.safetensors",
    summary="weights for a keras.Sequential",
    render=_KERAS.render,
    run=_KERAS.run,
    activations=frozenset(ACTIVATIONS_IN_KERAS),
    rows=False,
    usage=_KERAS.usage,
)
