"""The text of a C99 header that evaluates a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from approximant.export._c_activations import ACTIVATIONS_IN_C, helper
from approximant.export._c_guard import guard_functions
from approximant.export._c_layers import Arranged, arranged
from approximant.export._c_network import gradient_function, network_function
from approximant.export._c_text import array, filled
from approximant.export._facts import header
from approximant.export._subject import Subject


def c_source(subject: Subject, selftest: str) -> str:
    """Return the header file for a model.

    Args:
        subject: what to write.
        selftest: the text of the self-test, with the same marks to fill in.
    """
    network = arranged(subject.model.network)
    parts = [
        _comment(header(subject), subject.name),
        _HEAD,
        "\n".join(_numbers(subject, network)),
        *(helper(kind, subject.dtype) for kind in _helpers(network)),
        *_activation_functions(network),
        _ARITHMETIC if network.hidden else _ARITHMETIC[_ARITHMETIC.index("/* The sum") :],
        network_function(network),
        gradient_function(network),
        guard_functions(subject),
        _FOOT,
        selftest,
        f"#endif /* {subject.name.upper()}_H */\n",
    ]
    return filled("\n".join(parts), subject)


def _comment(lines: Iterable[str], name: str) -> str:
    usage = [
        "",
        f"int {name}_value(x, y)       sets y[{name.upper()}_OUTPUTS]; 0, or 1 for a point outside",
        f"int {name}_gradient(x, g)    sets g[{name.upper()}_OUTPUTS * {name.upper()}_INPUTS], "
        "a row per output",
        f"size_t {name}_values(n, x, y)  n points in a row; returns how many lie outside",
        f"cc -std=c99 -D{name.upper()}_SELFTEST -x c {name}.h -lm   makes the self-test",
        "Use -O3 -march=native for speed; -ffast-math would break the guard and is refused.",
    ]
    # No text from outside may end the comment, or look like one that begins in it.
    text = "\n".join(f"   {line}".rstrip() for line in (*lines, *usage))
    text = text.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?").replace("\\", "/")
    return f"/*\n{text}\n*/"


_HEAD = """\
#ifndef @NAME@_H
#define @NAME@_H

#ifdef __FAST_MATH__
#error "-ffast-math breaks the domain guard and the arithmetic of this file; leave it out"
#endif

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef @NAME@_SELFTEST
#include <stdio.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Products and sums are rounded one by one, as the model does: contracted to fused operations,
   neurons with a kink or a jump would switch elsewhere. */
#if defined(__clang__)
#define @NAME@_PLAIN _Pragma("STDC FP_CONTRACT OFF")
#else
#define @NAME@_PLAIN
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#elif defined(_MSC_VER)
#pragma float_control(push)
#pragma fp_contract(off)
#endif
"""
_FOOT = """\
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#ifdef __cplusplus
}
#endif
"""
_ARITHMETIC = """\
/* z = weights x + biases; the weights stand in a row per input. */
static inline void @name@_affine(int inputs, int width, const @real@ *weights,
                                 const @real@ *biases, const @real@ *x, @real@ *z)
{
    @NAME@_PLAIN
    int i, j;
    for (j = 0; j < width; j++) z[j] = x[0] * weights[j];
    for (i = 1; i < inputs; i++)
        for (j = 0; j < width; j++) z[j] += x[i] * weights[i * width + j];
    for (j = 0; j < width; j++) z[j] += biases[j];
}

/* The sum of the products of n numbers, n a multiple of 8, in 8 lanes. */
static inline @real@ @name@_dot(int n, const @real@ *a, const @real@ *b)
{
    @NAME@_PLAIN
    @real@ s[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    int j, k;
    for (j = 0; j < n; j += 8)
        for (k = 0; k < 8; k++) s[k] += a[j + k] * b[j + k];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}
"""


def _numbers(subject: Subject, network: Arranged) -> Iterator[str]:
    model, dtype = subject.model, subject.dtype
    yield f"#define @NAME@_INPUTS {model.domain.dimension}"
    yield f"#define @NAME@_OUTPUTS {len(model.outputs)}"
    yield "#define @NAME@_OUTSIDE 1 /* returned for a point outside the domain */\n"
    into, out = model.input_scaling, model.output_scaling
    scaling = {"anchor": into.anchor, "width": into.width, "offset": out.anchor, "span": out.width}
    if subject.policy != "none":
        scaling = {"lower": model.domain.lower, "upper": model.domain.upper, **scaling}
    yield from (array(name, values, dtype) for name, values in scaling.items())
    for k, layer in enumerate(network.hidden, 1):
        words = " + ".join(f"{count} {name}" for name, count in layer.groups)
        yield array(f"weights{k}", layer.weights, dtype, f"a row per input; {words} neurons")
        yield array(f"biases{k}", layer.biases, dtype)
    last = len(network.hidden) + 1
    yield array(f"weights{last}", network.weights, dtype, "a row per output")
    yield array(f"biases{last}", network.biases, dtype) + "\n"


def _helpers(network: Arranged) -> list[str]:
    names = _activation_names(network)
    return list(dict.fromkeys(kind for name in names for kind in ACTIVATIONS_IN_C[name][0]))


def _activation_names(network: Arranged) -> list[str]:
    groups = [*(g for layer in network.hidden for g in layer.groups), *network.groups]
    return list(dict.fromkeys(name for name, _ in groups if name != "linear"))


def _activation_functions(network: Arranged) -> Iterator[str]:
    for name in _activation_names(network):
        _, value, slope = ACTIVATIONS_IN_C[name]
        yield f"""\
static inline void @name@_apply_{name}(int n, @real@ *values)
{{
    @NAME@_PLAIN
    int j;
    for (j = 0; j < n; j++) {{
        const @real@ z = values[j];
        values[j] = {value};
    }}
}}

/* Turns what {name} was applied to into its slopes there. */
static inline void @name@_slope_{name}(int n, @real@ *slopes, const @real@ *values)
{{
    @NAME@_PLAIN
    int j;
    for (j = 0; j < n; j++) {{
        const @real@ z = slopes[j], a = values[j];
        (void)z, (void)a;
        slopes[j] = {slope};
    }}
}}
"""
