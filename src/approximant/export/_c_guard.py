"""The C functions that people call: the network behind the guard of its domain."""

from __future__ import annotations

from approximant.export._c_text import array, literal
from approximant.export._subject import Subject

# What a function does before and after the network is asked, by policy.
_BEFORE = {
    "nan": "if (!@name@_inside(x)) {{\n"
    "        for (k = 0; k < {count}; k++) {result}[k] = NAN;\n"
    "        return @NAME@_OUTSIDE;\n    }}\n    ",
    "error": "if (!@name@_inside(x)) return @NAME@_OUTSIDE;\n    ",
    "clip": "@real@ p[@NAME@_INPUTS];\n    const int outside = @name@_clip(x, p);\n    ",
    "none": "",
}
_VALUE = {
    "nan": "sets y to NaN and returns @NAME@_OUTSIDE",
    "error": "returns @NAME@_OUTSIDE and leaves y alone",
    "clip": "answers for the nearest point inside and returns @NAME@_OUTSIDE",
    "none": "answers all the same: there is no guard, and nothing is known about the error",
}
_INSIDE = """\
/* Whether the stated error holds at a point. */
static inline int @name@_inside(const @real@ *x)
{
    int k;
    for (k = 0; k < @NAME@_INPUTS; k++)
        if (!(x[k] >= @name@_lower[k] && x[k] <= @name@_upper[k])) return 0;
    return @IN_REGION@;
}
"""
_REGION = """\
/* The number of the stored row that is nearest to a point, and its distance from it, both in the
   domain mapped to the unit cube. */
static inline int @name@_nearest(const @real@ *x, @real@ *distance)
{
    @NAME@_PLAIN
    int row, k, found = 0;
    @real@ smallest = 0;
    for (row = 0; row < @ROWS@; row++) {
        @real@ squares = 0;
        for (k = 0; k < @NAME@_INPUTS; k++) {
            const @real@ extent = @name@_upper[k] - @name@_lower[k];
            const @real@ gap = (x[k] - @name@_lower[k]) / extent
                               - @name@_rows[row * @NAME@_INPUTS + k];
            squares += gap * gap;
        }
        if (row == 0 || squares < smallest) {
            smallest = squares;
            found = row;
        }
    }
    *distance = sqrt@f@(smallest);
    return found;
}

static inline int @name@_sampled(const @real@ *x)
{
    @real@ distance;
    @name@_nearest(x, &distance);
    return distance <= @RADIUS@;
}
"""
_CLIP = """\
/* Sets p to the nearest point of the domain; returns @NAME@_OUTSIDE if that is another one. */
static inline int @name@_clip(const @real@ *x, @real@ *p)
{
    const int outside = @name@_inside(x) ? 0 : @NAME@_OUTSIDE;
    int k@CLIP_NUMBERS@;
    for (k = 0; k < @NAME@_INPUTS; k++) {
        p[k] = x[k] < @name@_lower[k] ? @name@_lower[k] : x[k];
        p[k] = p[k] > @name@_upper[k] ? @name@_upper[k] : p[k];
        @CLIP_NAN@
    }
@CLIP_REGION@    return outside;
}
"""
_CLIP_REGION = """\
    if (!broken && !@name@_sampled(p)) { /* far from all rows: the nearest of them */
        @real@ distance;
        const int row = @name@_nearest(p, &distance);
        for (k = 0; k < @NAME@_INPUTS; k++) {
            const @real@ extent = @name@_upper[k] - @name@_lower[k];
            p[k] = @name@_lower[k] + @name@_rows[row * @NAME@_INPUTS + k] * extent;
            p[k] = p[k] > @name@_upper[k] ? @name@_upper[k] : p[k];
        }
    }
"""
_CALLS = """\
/* Sets y to the values at the point x and returns 0; outside the domain it
   @OUTSIDE@. */
static inline int @name@_value(const @real@ *x, @real@ *y)
{
    @BEFORE_VALUE@@name@_network(@POINT@, y);
    return @RETURNED@;
}

/* Sets g to the derivatives, g[k * @NAME@_INPUTS + i] that of output k by input i; otherwise as
   @name@_value. */
static inline int @name@_gradient(const @real@ *x, @real@ *g)
{
    @BEFORE_GRADIENT@@name@_jacobian(@POINT@, g);
    return @RETURNED@;
}

/* The same as @name@_value for n points, one after the other; returns how many lie outside. */
static inline size_t @name@_values(size_t n, const @real@ *x, @real@ *y)
{
    size_t i, outside = 0;
    for (i = 0; i < n; i++)
        outside += (size_t)@name@_value(x + i * @NAME@_INPUTS, y + i * @NAME@_OUTPUTS);
    return outside;
}
"""


def guard_functions(subject: Subject) -> str:
    """Return the guard and the functions that people call."""
    clip = subject.policy == "clip"
    parts = [] if subject.policy == "none" else [_INSIDE]
    if subject.has_region:
        parts.insert(0, _rows(subject))
    if clip:
        parts.append(_CLIP)
    text = "\n".join([*parts, _CALLS])
    for mark, value in {
        "@IN_REGION@": "@name@_sampled(x)" if subject.has_region else "1",
        "@CLIP_NUMBERS@": ", broken = 0" if subject.has_region else "",
        "        @CLIP_NAN@\n": "        broken |= p[k] != p[k];\n" if subject.has_region else "",
        "@CLIP_REGION@": _CLIP_REGION if subject.has_region else "",
        "@OUTSIDE@": _VALUE[subject.policy],
        "@BEFORE_VALUE@": _before(subject.policy, "y", "@NAME@_OUTPUTS"),
        "@BEFORE_GRADIENT@": _before(subject.policy, "g", "@NAME@_OUTPUTS * @NAME@_INPUTS"),
        "@POINT@": "p" if clip else "x",
        "@RETURNED@": "outside" if clip else "0",
    }.items():
        text = text.replace(mark, value)
    return text


def _before(policy: str, result: str, count: str) -> str:
    declared = "int k;\n    " if policy == "nan" else ""
    return declared + _BEFORE[policy].format(result=result, count=count)


def _rows(subject: Subject) -> str:
    """Return the stored rows of a table; further than the radius from all of them is outside."""
    region = subject.source.region
    assert region is not None
    text = array("rows", region.anchors, subject.dtype, "mapped to the unit cube")
    sizes = {"@ROWS@": str(len(region.anchors)), "@RADIUS@": literal(region.radius, subject.dtype)}
    text += "\n\n" + _REGION
    for mark, value in sizes.items():
        text = text.replace(mark, value)
    return text
