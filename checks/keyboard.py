"""Mistakes at the keyboard: what the kernel saw of them, and a sentence that helps.

Python's own error stays where it is; the sentence comes below it.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from checks import display, lesson
from checks.course import StageEntry
from checks.shadowing import overwritten, sentence_on

_watched: dict[str, tuple[StageEntry, dict[str, object]]] = {}
"""The stages that this kernel has opened, by id, with what a notebook calls `check` and so on."""

_failed: dict[str, str] = {}
"""By name, how the cell that was to define it failed, until a cell has defined it."""

_UNTIL_THEN = "Run > Run All Above Selected Cell runs everything that a cell builds on."


def watch(stage: StageEntry, tools: dict[str, object]) -> None:
    """From now on, say what helps where a cell of this stage fails; outside of IPython, do nothing.

    `tools` are the objects that the stage gives by name, such as `check`.
    """
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    _watched[stage.id] = stage, tools
    if _after_each_cell not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _after_each_cell)


def unheard(names: frozenset[str]) -> str:
    """What a check should add where the cell that defines one of these names failed when it ran last."""
    for name in sorted(names & _failed.keys()):
        return f"Your cell that defines `{name}` {_failed[name]} Mend that cell and run it."
    return ""


def _after_each_cell(result: Any) -> None:
    from IPython.core.getipython import get_ipython
    from IPython.display import display as show

    code = result.info.raw_cell or ""
    error = result.error_before_exec or result.error_in_exec
    _remember(code, error)
    shell = get_ipython()
    if isinstance(error, Exception) and shell is not None:
        sentence = _helpful(code, error, shell.user_ns)
        if sentence:
            show(display.note_card("What may have happened", sentence))


def _remember(code: str, error: BaseException | None) -> None:
    for stage, _ in _watched.values():
        for entry in stage.exercises:
            for name in lesson.names(stage, entry.id):
                if not _is_to_define(code, name):
                    continue
                if error is None:
                    _failed.pop(name, None)
                else:
                    _failed[name] = _how(error)


def _how(error: BaseException) -> str:
    # Words only: the error itself would keep everything alive that its frames hold.
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        line = f" in line {error.lineno}" if error.lineno else ""
        return (
            f"is no Python yet ({kind}{line}), so it did not run: "
            "this looked at what was defined before."
        )
    return f"ended in {kind} when it ran last: this looked at what was defined up to there."


def _helpful(code: str, error: Exception, namespace: dict[str, Any]) -> str:
    mentioned = set(re.findall(r"[^\W\d]\w*", code))
    if name := _lost_tool(mentioned, namespace):
        return (
            f"`{name}` was overwritten in this notebook. "
            "Run the first set-up cell once more: it brings it back."
        )
    if "is already defined for this MetaData instance" in str(error):
        return (
            "This model class was defined before, and its `Base` remembers the table. Run the cell "
            "that defines `Base` once more, then the models below it."
        )
    for stage, _ in _watched.values():
        if isinstance(error, NameError) and error.name:
            sentence = _where_it_comes_from(error.name, stage)
        elif isinstance(error, TypeError | AttributeError):
            name = overwritten(namespace, mentioned, stage)
            sentence = sentence_on(name, namespace[name]) if name else ""
        else:
            sentence = ""
        if sentence:
            return sentence
    return ""


def _lost_tool(mentioned: set[str], namespace: dict[str, Any]) -> str | None:
    for name in sorted(mentioned):
        givers = [tools[name] for _, tools in _watched.values() if name in tools]
        if givers and not any(namespace.get(name) is giver for giver in givers):
            return name
    return None


def _where_it_comes_from(name: str, stage: StageEntry) -> str:
    for entry in stage.exercises:
        if name in lesson.names(stage, entry.id):
            return f"`{name}` comes from the exercise “{entry.title}”: run its cell first, then this one."
    if name in lesson.given_names(stage):
        return f"`{name}` comes from a set-up cell: run that first, then this one. {_UNTIL_THEN}"
    if name in lesson.later_names(stage):
        return f"`{name}` comes from a cell further up that has not run yet. {_UNTIL_THEN}"
    return ""


def _is_to_define(code: str, name: str) -> bool:
    """Whether a cell sets out to define this name at its top level, even if it is no Python yet."""
    pattern = rf"^(?:(?:async\s+)?def\s+{name}\b|class\s+{name}\b|{name}\s*(?::[^=\n]+)?=(?!=))"
    return re.search(pattern, code, re.MULTILINE) is not None
