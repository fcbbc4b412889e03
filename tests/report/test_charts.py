"""Charts: places computed by hand, and whatever values there are."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from samenet.reports.charts import Mark, Panel, Series, curves
from samenet.reports.comparisons import Interval, Pair, Point, intervals, pairs, points
from samenet.reports.scales import Scale, around, decades, shown, signed, tick_text
from samenet.svg import cut, element, number, text_width
from tests.report.results import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"


def paths(picture: str, name: str) -> list[str]:
    """The `d` of the lines of a class."""
    root = ElementTree.fromstring(picture)
    found = [item for item in root.iter(f"{SVG}path") if name in item.attrib["class"].split()]
    return [item.attrib["d"] for item in found]


def test_scales():
    assert Scale(0, 10, 100, 200)(2.5) == 125
    assert Scale(0, 10, 200, 100)(2.5) == 175  # upwards
    assert Scale(0, 10, 100, 200)(11) == 200
    assert Scale(1e-4, 1, 0, 400, logarithmic=True)(1e-3) == pytest.approx(100)
    assert Scale(1e-4, 1, 0, 400, logarithmic=True)(0) == 0


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        (-0.03, 0.07, (-0.02, 0.0, 0.02, 0.04, 0.06)),
        (0.1, 1.3, (0.25, 0.5, 0.75, 1.0, 1.25)),
        (990, 1010, (990, 995, 1000, 1005, 1010)),
    ],
)
def test_ticks_are_round(low, high, ticks):
    assert Scale(low, high, 0, 1).ticks(5) == pytest.approx(ticks)


def test_ticks_of_logarithms_are_powers_of_ten():
    scale = Scale(1e-16, 1e-6, 0, 1, logarithmic=True)
    assert scale.ticks(5) == pytest.approx((1e-16, 1e-14, 1e-12, 1e-10, 1e-8, 1e-6))


def test_axes_have_room_for_any_values():
    assert around([1, 3], room=0.25) == (0.5, 3.5)
    assert around([], zero=True) == (-0.5, 0.5)
    assert around([2.0, 2.0]) == (1.8, 2.2)
    low, high = around([0.001, 0.001 * (1 + 1e-7)])  # only rounding
    assert low < 0.00091
    assert high > 0.00109
    assert decades([3e-5, 0.02]) == pytest.approx((1e-5, 0.1))
    assert decades([0.0]) == (1.0, 10.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\u2013"),
        (float("nan"), "\u2013"),
        (0.0, "0.0000"),
        (0.12345, "0.1235"),
        (-0.5, "\u22120.5000"),
        (1e-5, "1e\u22125"),
        (2.34567e9, "2.35e9"),
        (12_345.0, "12,345"),
    ],
)
def test_numbers_as_text(value, text):
    assert shown(value) == text


def test_signs_and_ticks_as_text():
    assert [signed(0.5, 1), signed(-0.5, 1), signed(None)] == ["+0.5", "\u22120.5", "\u2013"]
    texts = [tick_text(value) for value in (0.0, -0.05, 0.25, 1000.0, 1e-16)]
    assert texts == ["0", "\u22120.05", "0.25", "1,000", "1e\u221216"]


def test_a_curve_goes_through_its_points():
    """In a picture 640 wide the epochs go from 56 to 626, in a panel 170 high."""
    panel = Panel("loss", (Series("a", (0.0, 2.0, 1.0)),), 170, limits=(0, 2))
    (line, _) = sorted(paths(curves("t", [panel]), "line"), key=len, reverse=True)
    places = [tuple(map(float, pair)) for pair in re.findall(r"([\d.]+),([\d.]+)", line)]
    assert [x for x, _ in places] == [56, 341, 626]
    bottom, top, middle = (y for _, y in places)
    assert bottom - top == 170
    assert middle - top == 85


def test_gaps_stay_gaps_and_a_lone_value_is_a_dot():
    values = (1.0, 2.0, None, 3.0, None, 4.0, 5.0)
    picture = curves("t", [Panel("loss", (Series("", values),))])
    assert len(paths(picture, "line")) == 2
    root = ElementTree.fromstring(picture)
    assert len([c for c in root.iter(f"{SVG}circle") if "dot" in c.attrib["class"]]) == 1


def test_epochs_are_read_by_the_pointer():
    panel = Panel("loss", (Series("training", (0.5, None)), Series("validation", (0.25, 0.75))))
    root = ElementTree.fromstring(curves("t", [panel], [Mark(2, "\u25bc", "cut: it fell")]))
    columns = [c for c in root.iter(f"{SVG}rect") if c.attrib["class"] == "column"]
    titles = [column.findtext(f"{SVG}title") for column in columns]
    assert titles == [
        "epoch 1\nloss, training: 0.5000\nloss, validation: 0.2500",
        "epoch 2\nloss, training: \u2013\nloss, validation: 0.7500\ncut: it fell",
    ]
    assert float(columns[0].attrib["x"]) == 56
    assert float(columns[1].attrib["x"]) + float(columns[1].attrib["width"]) == 626


def test_an_interval_lies_where_its_numbers_are():
    """From -1 to 3 with 0 in it: room of 0.06 * 4 on both sides of 432 px from 14 on."""
    row = Interval("a", "", 1.0, -1.0, 3.0, "nothing shown")
    picture = intervals("t", [row], "m", higher_is_better=True)
    (line,) = paths(picture, "whisker")
    x = [float(place) for place in re.findall(r"[ML]([\d.]+),", line)]
    assert x[0] == pytest.approx(14 + 432 * 0.24 / 4.48, abs=0.01)
    assert x[1] == pytest.approx(14 + 432 * 4.24 / 4.48, abs=0.01)
    (zero,) = paths(picture, "zero")
    assert float(zero[1:].split(",")[0]) == pytest.approx(14 + 432 * 1.24 / 4.48, abs=0.01)


def test_the_side_that_is_better_is_named():
    sides = {
        higher: [
            element.text
            for element in ElementTree.fromstring(
                intervals("t", [], "m", higher_is_better=higher)
            ).iter(f"{SVG}text")
            if "side" in element.attrib.get("class", "")
        ]
        for higher in (True, False)
    }
    assert sides[True] == ["\u25c0 worse", "better \u25b6"]
    assert sides[False] == ["\u25c0 better", "worse \u25b6"]


ODD = [None, 0.0, -1.0, 1e300, 5e-324]


@pytest.mark.parametrize("value", ODD)
def test_odd_values_make_a_picture(value):
    """Well-formed, and no place that is no number."""
    positive = abs(value) if value is not None else None
    pictures = [
        curves("t", [Panel("x", (Series("s", (value,)),), logarithmic=True)]),
        curves("t", [Panel("x", (Series("s", (value, 1.0, value)),))]),
        curves("t", []),
        intervals("t", [Interval("a", "d", value, value, None, "?")], "m", higher_is_better=False),
        pairs("t", [Pair("a", value, None), Pair("b", value, 0.5)], "m"),
        points("t", [Point("a", positive, 0.0, agrees=False)], "m"),
        points("t", [], "m"),
    ]
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.attrib["role"] == "img"
        assert root.findtext(f"{SVG}title")
        assert not re.search(r"\b(nan|inf)\b", re.sub(r"<(title|desc)>.*?</\1>", "", picture))


def test_text_stays_text():
    root = ElementTree.fromstring(element("text", HOSTILE + "\x00\x1b", class_=HOSTILE))
    assert root.text == HOSTILE + "\ufffd\ufffd"
    assert root.attrib["class"] == HOSTILE


def test_coordinates_and_long_texts():
    assert [number(v) for v in (1.0, 0.126, -0.001, -2.5, 100.0)] == [
        "1",
        "0.13",
        "0",
        "-2.5",
        "100",
    ]
    assert cut("short", 12, 200) == "short"
    long = cut("a name that is much too long", 12, 60)
    assert long.endswith("\u2026")
    assert text_width(long, 12) <= 62
