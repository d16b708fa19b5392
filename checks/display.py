"""Results as text and HTML: pure functions from a result to a card.

A card reads well three times: as plain text, as HTML without its style sheet (a fresh clone is not
trusted, JupyterLab removes `<style>` there), and in full dress. It carries no script and no ids.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from checks.claim import VOTE_MIME

if TYPE_CHECKING:
    from checks.claim import Asked, Claim, Verdict, Vote
    from checks.course_progress import Progress
    from checks.result import CheckResult, CriterionResult

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
"""Where an open question has its buttons, while there is a kernel that hears them."""

VOTES_COUNTED = "Predicted and Quiz count the votes that were right."

WIDTH = 88

_RUN_FIRST = "run this cell and click"


@dataclass(frozen=True)
class Card:
    """Something a notebook shows: complete as text, dressed as HTML, with data for other tools."""

    text: str
    html: str
    data: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": self.text, "text/html": self.html, **self.data}


@dataclass(frozen=True)
class _Mark:
    sign: str
    word: str
    tone: str


_OUTCOMES = {
    "solved": _Mark("✔", "Solved", "good"),
    "not yet": _Mark("✘", "Not yet", "bad"),
    "not attempted": _Mark("○", "Not attempted yet", "open"),
    "broken set-up": _Mark("!", "Not checked", "bad"),
}
_STATES = {
    "holds": _Mark("✔", "holds", "good"),
    "fails": _Mark("✘", "fails", "bad"),
    "blocked": _Mark("–", "blocked: needs what failed above", "open"),
    "open": _Mark("○", "open", "open"),
}
# Each line of such a list begins with a mark of its own.
_MARKED_LIST = '<ul style="list-style:none;padding-left:0">'
_COLOURS = {"good": "#2e7d32", "bad": "#c62828", "open": "#8a6d00", "ask": "#1565c0"}

_STYLE = """<style>
.course-card{--good:var(--jp-success-color1,#2e7d32);--bad:var(--jp-error-color1,#c62828);
--open:var(--jp-warn-color1,#8a6d00);--ask:var(--jp-brand-color1,#1565c0);
border:1px solid var(--jp-border-color2,#bdbdbd);border-radius:4px;max-width:48em;
background:var(--jp-layout-color1,transparent);color:var(--jp-content-font-color1,inherit);
font-family:var(--jp-content-font-family,sans-serif);font-size:var(--jp-content-font-size1,14px);line-height:1.5}
.course-card p,.course-card ul,.course-card ol,.course-card pre{margin:.35em 0}
.course-card ul>li{padding-left:1.5em;text-indent:-1.5em}
.course-card li>p,.course-card li>details{text-indent:0}
.course-card b.good{color:var(--good)}.course-card b.bad{color:var(--bad)}
.course-card b.open{color:var(--open)}.course-card b.ask{color:var(--ask)}
.course-card code,.course-card pre{font-family:var(--jp-code-font-family,monospace);font-size:.92em;
background:var(--jp-layout-color2,rgba(128,128,128,.15));border-radius:3px;padding:0 .25em}
.course-card pre{padding:.4em .6em;white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere}
.course-card pre code{background:none;padding:0}.course-card:has(details[open]){max-width:62em}
.course-card summary{cursor:pointer}
.course-card summary:focus-visible{outline:2px solid var(--ask);outline-offset:2px}
</style>"""


def check_card(result: CheckResult, remark: str = "") -> Card:
    """The card of a check: outcome, points, criteria, what was observed, and the belief behind it.

    `remark` is a sentence on how the answer came here, and stands first.
    """
    mark = _OUTCOMES[result.outcome]
    score = f"{result.points:g} of {result.maximum} points"
    text = [f"{mark.sign} {mark.word}: {result.title} ({score})"]
    html = [_title(mark, f"{mark.word}: {result.title}", score)]
    if remark:
        text.append(_wrap(remark))
        html.append(f"<p>{_inline(remark)}</p>")
    if result.message:
        text.append(_wrap(result.message))
        html.append(f"<p>{_inline(result.message)}</p>")
    if result.outcome == "not attempted":
        text.append("  This is what will be observed:")
        html.append("<p>This is what will be observed:</p>")
    if result.criteria:
        text += [_criterion_text(criterion) for criterion in result.criteria]
        html.append(f"{_MARKED_LIST}{''.join(map(_criterion_html, result.criteria))}</ul>")
    if result.diagnosis is not None:
        name = f"predict.{result.diagnosis.name}()"
        text.append(f"  The belief behind it may be: “{result.diagnosis.sentence}”")
        text.append(f"  Put it to the test: {name}")
        html.append(
            f"<p>The belief behind it may be: <b>“{_inline(result.diagnosis.sentence)}”</b><br>"
            f"Put it to the test: <code>{escape(name)}</code></p>"
        )
    return _card(text, html, mark.tone)


def hint_card(title: str, hints: tuple[str, ...], of: int) -> Card:
    """The hints shown so far, out of `of`, the newest last."""
    heading = f"Hint {len(hints)} of {of}: {title}"
    text = [f"→ {heading}", *(_wrap(f"{number}. {hint}") for number, hint in enumerate(hints, 1))]
    html = [
        _title(_Mark("→", "Hint", "ask"), heading),
        f"<ol>{''.join(f'<li>{_inline(hint)}</li>' for hint in hints)}</ol>",
    ]
    return _card(text, html, "ask")


def solution_card(title: str, code: str) -> Card:
    """One solution of an exercise; others are as right."""
    heading = f"One way to solve it: {title}"
    html = [
        _title(_Mark("→", "Solution", "ask"), heading),
        f"<pre><code>{escape(code)}</code></pre>",
    ]
    return _card([f"→ {heading}", textwrap.indent(code, "    ")], html, "ask")


def note_card(title: str, message: str) -> Card:
    """A sentence to the learner."""
    html = [_title(_Mark("→", "Note", "ask"), title), f"<p>{_inline(message)}</p>"]
    return _card([f"→ {title}", _wrap(message)], html, "ask")


def progress_card(progress: Progress) -> Card:
    """How far a learner has come: a line per stage, the myths, and where to go on."""
    heading = f"Your progress: {progress.solved} exercises solved, {progress.points} points"
    columns = ("Stage", "Solved", "Points", "Predicted", "Quiz")
    rows = [
        (
            f"{'✔ ' if each.done else ''}{each.stage.number} · {each.stage.title}",
            *map(str, (each.solved, each.points, each.predictions, each.quiz)),
        )
        for each in progress.stages
    ]
    text = [f"→ {heading}"]
    text += [
        f"  {shortened(row[0], 44):44}" + "".join(f"{cell:>10}" for cell in row[1:])
        for row in (columns, *rows)
    ]
    html = [
        _title(_Mark("→", "Progress", "ask"), heading),
        f"<table><thead>{_row('th', columns)}</thead><tbody>",
        *(_row("td", row) for row in rows),
        f"</tbody></table><p>{VOTES_COUNTED}</p>",
    ]
    text.append(f"  {VOTES_COUNTED}")
    for title, mark, sentences in (
        ("Busted: judged wrongly before the lesson, rightly after it", "holds", progress.busted),
        ("Still to be settled: judged wrongly when asked last", "fails", progress.alive),
    ):
        if sentences:
            sign, tone = _STATES[mark].sign, _STATES[mark].tone
            text += [f"  {title}", *(f"    {sign} {each}" for each in sentences)]
            lines = (f'<li><b class="{tone}">{sign}</b> {_inline(each)}</li>' for each in sentences)
            html.append(f"<p>{title}</p>{_MARKED_LIST}{''.join(lines)}</ul>")
    if progress.next is None:
        text.append("  Every exercise is solved.")
        html.append("<p>Every exercise is solved.</p>")
    else:
        stage, entry = progress.next
        name = f"{stage.stem}.ipynb"
        text.append(f"  Go on with “{entry.title}” in {name}")
        html.append(f'<p>Go on with “{escape(entry.title)}” in <a href="{name}">{name}</a></p>')
    for remark in progress.remarks:
        text.append(_wrap(remark))
        html.append(f"<p>{_inline(remark)}</p>")
    return _card(text, html, "ask")


def question_card(claim: Claim, asked: Asked) -> Card:
    """A claim that waits for a vote, with how to type it."""
    mark = _Mark("?", "Question", "ask")
    ask = "What do you predict?" if asked == "predict" else "Fact or myth?"
    words = [word.upper() for word in asked.words.values()]
    typed = [
        f"predict.{claim.name}({word})" if asked == "predict" else f"quiz({claim.name}={word})"
        for word in words
    ]
    text = [f"? {ask} {claim.sentence}", f"  No vote yet: click, or type {' or '.join(typed)}"]
    choices = " or ".join(f"<code>{escape(each)}</code>" for each in typed)
    html = [
        _title(mark, f"{ask} {claim.sentence}"),
        f"<p>No vote yet: {_RUN_FIRST}, or type {choices}.</p>",
    ]
    return _card(text, html, "ask")


def verdict_card(verdict: Verdict, *, again: bool = False) -> Card:
    """A claim that was voted on: the vote, what the experiment showed, and what follows.

    `again` says that the vote was cast before, and how to change one's mind.
    """
    claim = verdict.claim
    holds = "it holds" if verdict.evidence.holds else "it does not hold"
    mark = _Mark("✔", "Right", "good") if verdict.right else _Mark("✘", "Not so", "bad")
    title = f"{'You were right' if verdict.right else 'Not so'}, {holds}: “{claim.sentence}”"
    said = f"You said {verdict.asked.words[verdict.vote]}. This was seen:"
    text = [f"{mark.sign} {title}", f"  {said}"]
    text += [f"    {line}" for line in verdict.evidence.seen]
    text.append(_wrap(claim.why))
    html = [
        _title(mark, title),
        f"<p>{escape(said)}</p>",
        f"<pre>{escape(chr(10).join(verdict.evidence.seen))}</pre>",
        f"<p>{_inline(claim.why)}</p>",
        "<details><summary>The experiment that was just run</summary>"
        f"<pre><code>{_experiment(claim)}</code></pre></details>",
    ]
    if again:
        anew = f"predict.{claim.name}.again()" if verdict.asked == "predict" else "quiz.again()"
        text.append(f"  You voted before. To vote anew: {anew}")
        html.append(f"<p>You voted before. To vote anew: <code>{anew}</code></p>")
    vote = {"claim": claim.name, "asked": str(verdict.asked), "vote": str(verdict.vote)}
    return _card(text, html, mark.tone, {VOTE_MIME: vote})


def with_buttons(card: Card, words: dict[Vote, str], clicked: Callable[[Vote], None]) -> Card:
    """The card with one button per vote, where a kernel is there to hear the click."""
    from IPython.core.getipython import get_ipython

    if getattr(get_ipython(), "kernel", None) is None:
        return card
    import ipywidgets

    def on_click(vote: Vote) -> None:
        clicked(vote)
        for widget in (*buttons, row, question, box):  # what was decided needs no widget state
            widget.close()

    buttons = []
    for vote, word in words.items():
        asked = card.text.splitlines()[0].removeprefix("? ")
        button = ipywidgets.Button(description=word, tooltip=f"{word}: {asked}")
        button.on_click(lambda _, vote=vote: on_click(vote))
        buttons.append(button)
    # The question stands above its buttons in both, so the widget view repeats the card.
    question = ipywidgets.HTML(card.html.replace(_RUN_FIRST, "click below"))
    row = ipywidgets.HBox(buttons)
    box = ipywidgets.VBox([question, row])
    view = {
        mime: data
        for mime, data in box._repr_mimebundle_().items()
        if mime not in {"text/plain", "text/html"}
    }
    return Card(card.text, card.html, {**card.data, **view})


def a(noun: str) -> str:
    """The noun with its article."""
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def kind_of(thing: object) -> str:
    """What a thing is: the name of its type with an article, or None."""
    return "None" if thing is None else a(type(thing).__name__)


def shortened(text: str, most: int) -> str:
    """The text on one line, cut to `most` characters with an ellipsis where it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _card(text: list[str], html: list[str], tone: str, data: dict[str, Any] | None = None) -> Card:
    frame = f"border-left:6px solid {_COLOURS[tone]};padding:6px 12px"
    return Card(
        "\n".join(text),
        f'{_STYLE}\n<div class="course-card" style="{frame}">\n' + "\n".join(html) + "\n</div>",
        data or {},
    )


def _title(mark: _Mark, title: str, aside: str = "") -> str:
    end = f" ({escape(aside)})" if aside else ""
    return f'<p><b class="{mark.tone}" title="{mark.word}">{mark.sign}</b> <b>{_inline(title)}</b>{end}</p>'


def _row(tag: str, cells: tuple[str, ...]) -> str:
    looks = ["text-align:left", *["white-space:nowrap"] * (len(cells) - 1)]
    filled = (
        f'<{tag} style="{look}">{escape(cell)}</{tag}>'
        for look, cell in zip(looks, cells, strict=True)
    )
    return f"<tr>{''.join(filled)}</tr>"


def _criterion_text(criterion: CriterionResult) -> str:
    mark = _STATES[criterion.state]
    blocked = f" ({mark.word})" if criterion.state == "blocked" else ""
    line = f"  {mark.sign} {criterion.text}{blocked}"
    return f"{line}\n      observed: {criterion.observed}" if criterion.observed else line


def _criterion_html(criterion: CriterionResult) -> str:
    mark = _STATES[criterion.state]
    blocked = f" ({mark.word})" if criterion.state == "blocked" else ""
    observed = f"<p>observed: {_inline(criterion.observed)}</p>" if criterion.observed else ""
    return (
        f'<li><b class="{mark.tone}" title="{mark.word}">{mark.sign}</b> '
        f"{_inline(criterion.text)}{blocked}{observed}</li>"
    )


def _inline(text: str) -> str:
    """Escaped text in which `backticks` become code."""
    parts = escape(text, quote=False).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(
        f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)
    )


def _wrap(text: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )


def _experiment(claim: Claim) -> str:
    lines = inspect.getsource(claim.experiment).splitlines()
    body = next((at for at, line in enumerate(lines) if line.startswith("def ")), 0)
    return escape("\n".join(lines[body:]))
