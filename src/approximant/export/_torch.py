"""Weights named for a `torch.nn.Sequential`."""

from __future__ import annotations

from approximant.export._format import Format
from approximant.export._sequential import Module
from approximant.export._subject import Subject
from approximant.export._weights import Framework

# Activation: the module where PyTorch has one, else what `Apply` is given.
ACTIVATIONS_IN_TORCH = {
    "linear": "torch.nn.Identity()",
    "tanh": "torch.nn.Tanh()",
    "sigmoid": "torch.nn.Sigmoid()",
    "sin": "Apply(torch.sin)",
    "gaussian": "Apply(lambda z: torch.exp(-z * z))",
    "softplus": "torch.nn.Softplus(threshold=50)",
    "silu": "torch.nn.SiLU()",
    "gelu": "torch.nn.GELU()",
    "elu": "torch.nn.ELU()",
    "relu": "torch.nn.ReLU()",
    "leaky_relu": "torch.nn.LeakyReLU(0.01)",
    "abs": "Apply(torch.abs)",
    "step": "Apply(lambda z: (z >= 0).to(z.dtype) + 0 * z)",
}
_APPLY = """\
class Apply(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, z):
        return self.function(z)

"""
_GROUPS = """\
class Groups(torch.nn.Module):
    def __init__(self, *groups):
        super().__init__()
        self.groups = groups

    def forward(self, z):
        parts = torch.split(z, [count for _, count in self.groups], dim=1)
        return torch.cat([module(part) for (module, _), part in zip(self.groups, parts)], dim=1)

"""
_BUFFERS = """\
class {name}(torch.nn.Module):
    def __init__(self, n):
        super().__init__()
        self.register_buffer("{first}", torch.zeros(n))
        self.register_buffer("{second}", torch.ones(n))

    def forward(self, x):
{body}

"""
_SCALE = "        return (x - self.anchor) / self.width"
_UNSCALE = "        return self.anchor + self.width * x"
_GUARDS = {
    "clip": "        return torch.clamp(x, self.lower, self.upper)",
    "nan": "        inside = ((x >= self.lower) & (x <= self.upper)).all(dim=1, keepdim=True)\n"
    "        return torch.where(inside, x, torch.nan)",
    "error": "        if not ((x >= self.lower) & (x <= self.upper)).all():\n"
    '            raise ValueError("a point lies outside the domain of this network")\n'
    "        return x",
}


def lines(subject: Subject, found: list[Module], path: str) -> str:
    """Return the lines that rebuild the network from the file `path`."""
    kinds = {module.kind for module in found}
    steps = [step for module in found for step in _steps(module)]
    classes = ""
    if "guard" in kinds:
        body = _GUARDS[subject.policy]
        classes += _BUFFERS.format(name="Guard", first="lower", second="upper", body=body)
    if "scale" in kinds:
        classes += _BUFFERS.format(name="Scale", first="anchor", second="width", body=_SCALE)
    if "unscale" in kinds:
        classes += _BUFFERS.format(name="Unscale", first="anchor", second="width", body=_UNSCALE)
    classes += _APPLY * any("Apply(" in step for step in steps)
    classes += _GROUPS * any("Groups(" in step for step in steps)
    body = "".join(f"    {step},\n" for step in steps)
    return (
        "import torch\nfrom safetensors.torch import load_file\n\n"
        f"{classes}model = torch.nn.Sequential(\n{body}).double()\n"
        f"model.load_state_dict(load_file({path!r}))\n"
    )


def _steps(module: Module) -> list[str]:
    if module.kind != "linear":
        return [f"{module.kind.capitalize()}({len(next(iter(module.tensors.values())))})"]
    width, inputs = module.tensors["weight"].shape
    steps = [f"torch.nn.Linear({inputs}, {width})"]
    if len(module.groups) > 1:
        parts = (f"({ACTIVATIONS_IN_TORCH[name]}, {count})" for name, count in module.groups)
        steps.append(f"Groups({', '.join(parts)})")
    elif module.groups[0][0] != "linear":
        steps.append(ACTIVATIONS_IN_TORCH[module.groups[0][0]])
    return steps


_TORCH = Framework(
    names={name: name for name in ("weight", "bias", "anchor", "width", "lower", "upper")},
    transposed=False,
    separate=True,
    lines=lines,
)
TORCH = Format(
    suffix=".pt.safetensors",
    summary="weights for a torch.nn.Sequential",
    render=_TORCH.render,
    run=_TORCH.run,
    activations=frozenset(ACTIVATIONS_IN_TORCH),
    rows=False,
    usage=_TORCH.usage,
)
