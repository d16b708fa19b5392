"""Where a learner works: the notebook file behind this kernel, and the votes saved in it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from checks.claim import VOTE_MIME


def notebook() -> Path | None:
    """The notebook of the course that a learner has open with this kernel, or None.

    JupyterLab names it in the kernel's environment (`JPY_SESSION_NAME`), VS Code in the notebook's
    own namespace (`__vsc_ipynb_file__`). It counts where it lies in the folder `notebooks` beside a
    `course.yml`. A test that was started in a notebook inherits its environment, and is no learner.
    """
    if "IPython" not in sys.modules:  # a grader; to import it would take it half a second
        return None
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None or getattr(shell, "kernel", None) is None or "PYTEST_VERSION" in os.environ:
        return None
    named = os.environ.get("JPY_SESSION_NAME") or shell.user_ns.get("__vsc_ipynb_file__")
    if not isinstance(named, str):
        return None
    path = Path(named)
    of_a_course = path.parent.name == "notebooks" and (path.parents[1] / "course.yml").is_file()
    return path if path.suffix == ".ipynb" and of_a_course else None


def saved_votes(path: Path) -> dict[tuple[str, str, str], str]:
    """The votes in a saved notebook by stage, claim and where it was asked; none where it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        stage = content["metadata"]["course"]["stage"]
        outputs = [output for cell in content["cells"] for output in cell.get("outputs", [])]
        cards = [_vote(output) for output in outputs]
        return {
            (stage, card["claim"], card["asked"]): card["vote"]
            for card in cards
            if card and card["vote"] in {"yes", "no"}
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _vote(output: dict[str, Any]) -> dict[str, Any] | None:
    card: dict[str, Any] | None = output.get("data", {}).get(VOTE_MIME)
    return card
