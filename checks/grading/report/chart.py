"""Bar charts as SVG to stand in a page: no script, no colours of their own, the same bytes each time."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

_WIDTH = 860
_BAR, _AROUND = 34, 60


def bar_chart(
    name: str,
    title: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    tones: Sequence[str],
    *,
    stacked: bool,
) -> Markup:
    """Horizontal bars, from top to bottom as the labels go.

    Takes the name that is the chart's id in the page, what a screen reader says of it, the labels,
    the values of each series and the colour of each as names of the style sheet (`good` is `--good`).
    The numbers belong into a table beside it.
    """
    pygal = _pygal()
    shown = {
        (label, tone): values
        for (label, values), tone in zip(series.items(), tones, strict=True)
        if any(values)
    }
    style = pygal.style.Style(
        background="transparent",
        plot_background="transparent",
        foreground="var(--text)",
        foreground_strong="var(--text)",
        foreground_subtle="var(--line)",
        guide_stroke_color="var(--line)",
        colors=tuple(f"var(--{tone})" for _, tone in shown),
        value_colors=("var(--page)" if stacked else "var(--text)",) * len(shown),
        opacity="1",
        font_family="inherit",
        label_font_size=14,
        major_label_font_size=14,
        legend_font_size=14,
        value_font_size=13,
    )
    kind = pygal.HorizontalStackedBar if stacked else pygal.HorizontalBar
    gap = "" if stacked else "\u2003"  # between the end of a bar and its value
    bars = len(labels) * (1 if stacked else len(shown))
    chart = kind(
        style=style,
        js=(),
        width=_WIDTH,
        height=_AROUND + _BAR * bars,
        margin=4,
        spacing=6,
        print_values=True,
        print_values_position="center" if stacked else "top",
        print_zeroes=False,
        show_x_guides=False,
        show_y_guides=False,
        show_x_labels=False,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(shown),
        truncate_legend=-1,
        truncate_label=40,
        formatter=lambda value: f"{gap}{value:g}",
    )
    chart.uuid = name
    chart.x_labels = list(reversed(labels))
    for (label, _), values in shown.items():
        chart.add(label, list(reversed(values)))
    tree = chart.render_tree()
    _strip(tree)
    tree.set("role", "img")
    tree.set("aria-label", title)
    from xml.etree.ElementTree import tostring

    return Markup(tostring(tree, encoding="unicode"))  # noqa: S704, pygal has escaped the labels


def _pygal() -> Any:
    import pygal
    import pygal.style

    # It leaves an importer of an old kind behind, of which Python 3.11 warns at later imports.
    sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != "pygal"]
    return pygal


def _strip(tree: Any) -> None:
    """Take out what a page without script has no use for, and what changes from day to day."""
    for parent in list(tree.iter()):
        for child in list(parent):
            if (
                not isinstance(child.tag, str)  # comments: one has the date
                or child.tag.rpartition("}")[2] in {"script", "desc"}
                or "tooltip-overlay" in child.get("class", "")
            ):
                parent.remove(child)
        parent.attrib.pop("id", None) if parent is not tree else None
