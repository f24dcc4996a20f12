"""The C functions that evaluate and differentiate the layers of a network, guard aside."""

from __future__ import annotations

from collections.abc import Iterator

from approximant.export._c_layers import Arranged, Groups


def network_function(network: Arranged) -> str:
    lines = [*_arrays(network), *_forward(network)]
    lines.append(f"for (k = 0; k < @NAME@_OUTPUTS; k++)\n        y[k] = {_output(network)};")
    lines += _calls(network.groups, "apply", "y")
    lines.append("for (k = 0; k < @NAME@_OUTPUTS; k++)\n"
                 "        y[k] = @name@_offset[k] + @name@_span[k] * y[k];")  # fmt: skip
    return _function("void @name@_network(const @real@ *x, @real@ *y)", lines,
                     "The network at a point, wherever it lies.")  # fmt: skip


def gradient_function(network: Arranged) -> str:
    if network.hidden or _curved(network):
        lines = _differentiated(network)
    else:
        lines = ["int i, k;", "(void)x; /* a linear function has the same slopes everywhere */"]
    lines.append("for (k = 0; k < @NAME@_OUTPUTS; k++) {")
    lines += [f"    {line}" for line in _backward(network)]
    lines.append("}")
    purpose = "The derivative of every output by every input, a row per output."
    return _function("void @name@_jacobian(const @real@ *x, @real@ *g)", lines, purpose)


def _differentiated(network: Arranged) -> list[str]:
    """Return the lines that go forward and keep the slope of every neuron."""
    lines = _arrays(network)
    for k, layer in enumerate(network.hidden, 1):
        lines.append(f"@real@ s{k}[{layer.width}], e{k}[{layer.width}];")
    lines.append("int i, j;" if network.hidden else "int i;")
    if not _curved(network):
        return [*lines, *_forward(network, slopes=True)]
    lines.append("@real@ y[@NAME@_OUTPUTS], r[@NAME@_OUTPUTS];")
    lines += _forward(network, slopes=True)
    lines.append(f"for (k = 0; k < @NAME@_OUTPUTS; k++)\n        y[k] = r[k] = {_output(network)};")
    lines += _calls(network.groups, "apply", "y")
    return [*lines, *_slopes(network.groups, "r", "y")]


def _curved(network: Arranged) -> bool:
    return any(name != "linear" for name, _ in network.groups)


def _backward(network: Arranged) -> Iterator[str]:
    last = len(network.hidden)
    scale = f"@name@_span[k]{' * r[k]' if _curved(network) else ''} / @name@_width[i]"
    if not last:
        width = network.weights.shape[1]
        yield "for (i = 0; i < @NAME@_INPUTS; i++)"
        yield f"    g[k * @NAME@_INPUTS + i] = @name@_weights1[k * {width} + i] * ({scale});"
        return
    width = network.hidden[-1].width
    yield f"for (j = 0; j < {width}; j++)"
    yield f"    e{last}[j] = @name@_weights{last + 1}[k * {width} + j] * s{last}[j];"
    for k in range(last, 1, -1):
        width, before = network.hidden[k - 1].width, network.hidden[k - 2].width
        yield f"for (i = 0; i < {before}; i++)"
        yield (f"    e{k - 1}[i] = s{k - 1}[i] * "
               f"@name@_dot({width}, e{k}, @name@_weights{k} + i * {width});")  # fmt: skip
    width = network.hidden[0].width
    yield "for (i = 0; i < @NAME@_INPUTS; i++)"
    yield ("    g[k * @NAME@_INPUTS + i] = "
           f"@name@_dot({width}, e1, @name@_weights1 + i * {width}) * ({scale});")  # fmt: skip


def _arrays(network: Arranged) -> list[str]:
    inputs = "@NAME@_INPUTS" if network.hidden else str(network.weights.shape[1])
    zeros = "" if network.hidden else " = {0}"
    names = [f"a{k}[{layer.width}]" for k, layer in enumerate(network.hidden, 1)]
    return [f"@real@ {', '.join([f't[{inputs}]{zeros}', *names])};", "int k;"]


def _forward(network: Arranged, slopes: bool = False) -> list[str]:
    lines = ["for (k = 0; k < @NAME@_INPUTS; k++)\n"
             "        t[k] = (x[k] - @name@_anchor[k]) / @name@_width[k];"]  # fmt: skip
    before, inputs = "t", "@NAME@_INPUTS"
    for k, layer in enumerate(network.hidden, 1):
        lines.append(f"@name@_affine({inputs}, {layer.width}, @name@_weights{k}, @name@_biases{k}, "
                     f"{before}, a{k});")  # fmt: skip
        if slopes:
            lines.append(f"memcpy(s{k}, a{k}, sizeof s{k});")
        lines += _calls(layer.groups, "apply", f"a{k}")
        if slopes:
            lines += _slopes(layer.groups, f"s{k}", f"a{k}")
        before, inputs = f"a{k}", str(layer.width)
    return lines


def _output(network: Arranged) -> str:
    last, width = len(network.hidden) + 1, network.weights.shape[1]
    before = f"a{last - 1}" if network.hidden else "t"
    return (f"@name@_dot({width}, {before}, @name@_weights{last} + k * {width})"
            f"\n               + @name@_biases{last}[k]")  # fmt: skip


def _calls(groups: Groups, kind: str, values: str) -> Iterator[str]:
    start = 0
    for name, count in groups:
        if name != "linear":
            yield f"@name@_{kind}_{name}({count}, {values} + {start});"
        start += count


def _slopes(groups: Groups, slopes: str, values: str) -> Iterator[str]:
    start = 0
    for name, count in groups:
        if name == "linear":
            yield f"for (k = 0; k < {count}; k++) {slopes}[{start} + k] = 1.0@l@;"
        else:
            yield f"@name@_slope_{name}({count}, {slopes} + {start}, {values} + {start});"
        start += count


def _function(head: str, lines: list[str], purpose: str) -> str:
    body = "\n    ".join(lines)
    return f"/* {purpose} */\nstatic inline {head}\n{{\n    @NAME@_PLAIN\n    {body}\n}}\n"
