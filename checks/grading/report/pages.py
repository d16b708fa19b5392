"""HTML pages from templates: everything is escaped, and nothing that a reader cannot see gets in."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from checks.grading.naming import DIRECTION
from checks.grading.report import words
from checks.grading.report.names import page_name


@cache
def environment() -> Environment:
    """The templates of this package, with what they need at hand."""
    made = Environment(
        loader=PackageLoader("checks.grading.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["inline"] = inline
    made.globals.update(
        statuses=words.STATUSES,
        outcomes=words.OUTCOMES,
        states=words.STATES,
        counted=words.counted,
        number="{:g}".format,
        page_name=page_name,
    )
    return made


def inline(text: str) -> Markup:
    """Escaped text in which `backticks` become code."""
    parts = [escape(visible(part)) for part in text.split("`")]
    if len(parts) % 2 == 0:
        return Markup("`").join(parts)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else part
        for index, part in enumerate(parts)
    )


def visible(text: str) -> str:
    """The text with `�` for what is not seen or turns the reading direction."""
    if text.isprintable():  # most is, and needs no second look
        return text
    return "".join("�" if _is_hidden(character) else character for character in text)


def _visible(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


def _is_hidden(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in DIRECTION or unicodedata.category(character) in {"Cc", "Cs", "Cn"}
