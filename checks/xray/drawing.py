"""What happened, drawn: as lines of text, and as a Mermaid sequence diagram."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace

from checks import display
from checks.xray.event import Event, Kind, Lane

_ANSWERS = {
    Kind.DEPENDENCY_LEFT,
    Kind.ENDPOINT_RETURNS,
    Kind.ENDPOINT_RAISES,
    Kind.CONNECTION_BACK,
    Kind.RESPONSE_START,
    Kind.RESPONSE_BODY,
    Kind.BACKGROUND_TASK_DONE,
}


def timeline(events: tuple[Event, ...]) -> str:
    """The events as text, a line each: from whom, to whom, what."""
    if not events:
        return "(nothing happened)"
    width = max(len(lane) for each in events for lane in each.lanes)
    lines = []
    for each in _joined(events):
        sender, receiver = each.lanes
        lines.append(_hanging(f"{sender:<{width}} → {receiver:<{width}}  ", each.text))
    return "\n".join(lines)


def sequence_diagram(events: tuple[Event, ...]) -> str:
    """The events as Mermaid source, with a title and a description for screen readers."""
    seen = {lane for each in events for lane in each.lanes}
    said = "; ".join(f"{each.lanes[0]} to {each.lanes[1]}: {each.text}" for each in _joined(events))
    lines = [
        '%%{init: {"sequence": {"mirrorActors": false}}}%%',
        "sequenceDiagram",
        "  accTitle: What happened, in its order",
        f"  accDescr: {_escaped(display.shortened(said, 600)) or 'nothing happened'}",
        *(f"  participant {_short(lane)} as {lane}" for lane in Lane if lane in seen),
    ]
    for each in _joined(events):
        sender, receiver = map(_short, each.lanes)
        arrow = "-->>" if each.kind in _ANSWERS else "->>"
        wrapped = "<br/>".join(_escaped(line) for line in _lines(each.text))
        lines.append(f"  {sender}{arrow}{receiver}: {wrapped}")
    return "\n".join(lines)


def _lines(text: str) -> list[str]:
    """The text in lines that fit between two lanes; `id = ?` stays on one of them."""
    tied = text.replace(" = ?", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}?")
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in textwrap.wrap(tied, 36)[:6]]


def _short(lane: Lane) -> str:
    return lane.replace(" ", "")


def _joined(events: tuple[Event, ...]) -> Iterator[Event]:
    """The events, with a body that follows its status line at once on one line."""
    waiting: Event | None = None
    for each in events:
        if waiting is not None and each.kind is Kind.RESPONSE_BODY:
            repeated = waiting.text.endswith(each.text)  # "500 Internal Server Error" says it all
            yield waiting if repeated else replace(waiting, text=f"{waiting.text} {each.text}")
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = each if each.kind is Kind.RESPONSE_START else None
        if waiting is None:
            yield each
    if waiting is not None:
        yield waiting


def _hanging(head: str, text: str) -> str:
    return textwrap.fill(
        text,
        max(display.WIDTH, len(head) + 60),
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
    )


def _escaped(text: str) -> str:
    """The text with what Mermaid would take as its own syntax written as character codes."""
    return "".join(f"#{ord(sign)};" if sign in "#;<>&{}\\" else sign for sign in text)
