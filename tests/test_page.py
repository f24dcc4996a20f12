"""The report page: complete, true to the report, in need of nothing, and safe to open."""

import base64
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from handmade import make_model, make_report
from hypothesis import given, settings
from hypothesis import strategies as st

from approximant.domain import Box
from approximant.page import report_page

PICTURES = {"fit": b"\x89PNG fit", "error": b"\x89PNG error"}
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(1)> &amp; ' </style>"


class Elements(HTMLParser):
    """The tags, their attributes and the visible text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def page_of(d: int = 1, m: int = 1, region: bool = False, **changes: Any) -> Elements:
    model = make_model(d, m, region)
    page = Elements(report_page(model, make_report(model, **changes), PICTURES))
    assert page.open == []  # every element is closed
    return page


def test_the_verdict_comes_first() -> None:
    assert page_of().text.strip().startswith("The tolerance is met on all 1,234 fresh points.")
    unmet = page_of(met=False, max_error=2e-5, status="Not met: a jump at x=1. Split there.")
    assert "Not met" in unmet.text
    assert "The tolerance is not met; this is the best network found (1-6-1 tanh)." in unmet.text
    assert "Not met: a jump at x=1. Split there." in unmet.text


@pytest.mark.parametrize("m", [1, 3])
def test_every_number_stands_beside_its_explanation(m: int) -> None:
    text = page_of(2, m).text
    for number in ("1e-06", "1e-05", "7e-07", "6e-07", "0.000125 %", "1e-14", "4,321", "seed 7"):
        assert number in text
    for name in ("largest error", "tolerance", "rmse", "mae", "error / range", "rounding"):
        assert name in text
    assert "x = 0.5,\ny = 0.5" in text
    assert text.count("1e-06") >= m


def test_the_error_outside_is_a_table_of_ends_and_distances() -> None:
    text = page_of(2).text
    for words in ("x below", "y above", "1 % beyond", "100 % beyond", "0.0005"):
        assert words in text
    assert "the target was not evaluated there" in page_of(outside=()).text


def test_a_table_shows_its_rows_noise_and_gaps() -> None:
    text = page_of(
        region=True, kind="table", rows=(600, 200, 200), noise=0.05, empty_share=0.25, outside=(),
        checked_on="rows not used in the fit",
    ).text  # fmt: skip
    assert "met on all 1,234 rows not used in the fit" in text
    assert "600 to fit, 200 to choose the network, 200 to verify it" in text
    assert "Standard deviation of the noise" in text
    assert "leave 25 % of their bounding box empty" in text
    assert "Where no row of the table is near counts as outside" in text


def test_what_went_differently_is_said() -> None:
    text = page_of(
        interrupted=True, cut_by_time=True, unused_inputs=("x",), notes=("A note of its own.",)
    ).text
    assert "The search was interrupted." in text
    assert "Time was up" in text
    assert "No dependence on x was seen" in text
    assert "A note of its own." in text


def test_a_training_is_not_told_as_a_search_for_a_tolerance() -> None:
    page = page_of(
        met=None, tolerance=None, interrupted=True, cut_by_time=True, history=(), status="Trained."
    )
    assert "The training was interrupted." in page.text
    assert "Time was up before the training ended" in page.text
    assert "search" not in page.text and "tolerance" not in page.text


def test_numbers_that_are_not_finite_are_said_to_be() -> None:
    text = page_of(max_error=np.inf, range_error=np.inf, noise=np.nan, history=()).text
    assert "not finite" in text


@pytest.mark.parametrize(
    ("names", "call"),
    [(("x", "y"), "f(x=1, y=1)"), (("speed", "a b"), "f([[1, 1]])"), (("in",), "f([[1]])")],
)
def test_the_lines_that_load_the_model_fit_its_inputs(names: tuple[str, ...], call: str) -> None:
    d = len(names)
    model = make_model(d, domain=Box(names, (0.0,) * d, (2.0,) * d))
    page = report_page(model, make_report(model), {})
    assert f'approximant.load("model.safetensors")\nprint({call})' in Elements(page).text


def test_pictures_are_inside_the_page() -> None:
    images = [attributes for tag, attributes in page_of().tags if tag == "img"]
    data = [base64.b64decode((image["src"] or "").split(",")[1]) for image in images]
    assert data == list(PICTURES.values())
    assert all(image["alt"] for image in images)


def test_the_page_needs_nothing_and_runs_nothing() -> None:
    model = make_model(2)
    page = report_page(model, make_report(model), PICTURES)
    assert "://" not in page
    assert not re.search(r"@import|url\(|<script|<iframe|<object|\bon\w+=", page)
    links = [v for _, attributes in Elements(page).tags for k, v in attributes.items()
             if k in ("src", "href")]  # fmt: skip
    assert all(link and link.startswith("data:") for link in links)
    assert "default-src 'none'" in page


@given(text=st.one_of(st.just(HOSTILE), st.text(min_size=1, max_size=40)))
@settings(max_examples=30, deadline=None)
def test_no_text_of_a_person_becomes_markup(text: str) -> None:
    plain = [tag for tag, _ in page_of(1, 2).tags]
    for tag in ("img", "figure", "figcaption"):  # one picture less below
        plain.remove(tag)
    model = make_model(1, 2, domain=Box((text,), (0.0,), (2.0,)), outputs=(text + "1", text + "2"))
    report = make_report(
        model, target=text, status=text, notes=(text,), unused_inputs=(text,), network=text
    )
    page = Elements(report_page(model, report, {text: b"picture"}))
    assert sorted(tag for tag, _ in page.tags) == sorted([*plain, "li", "li"])


def test_characters_nobody_can_see_are_shown() -> None:
    text = page_of(target="x\u202ey\x07").text  # one that turns the writing direction
    assert "x�y�" in text
