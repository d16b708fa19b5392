"""The picture in the README: JupyterLab with a request diagram and the card of a check.

    python -m checks.authoring.picture

It is a screenshot of the first notebook with a wrong answer in its first exercise, so it needs
Chromium and the package `playwright`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.answers import read_answers
from checks.authoring.browser import BrowserMissing, open_notebook, open_page, run_all, running_lab
from checks.course import ROOT, the_course

PICTURE = ROOT / ".github" / "pictures" / "jupyterlab.png"
EXERCISE = "greet_guest"
FIRST_CELL_IN_SIGHT = "validation-demo"

_HIDE_THE_SIDEBAR = "window.jupyterapp.commands.execute('application:toggle-left-area')"
_SHOW = """(first) => {
  const app = window.jupyterapp;
  const cell = app.shell.currentWidget.content.widgets.find(each => each.model.id === first);
  cell.outputArea.node.scrollIntoView({block: 'start'});
}"""


def take_picture(path: Path) -> None:
    """Write the screenshot to `path`. Raises BrowserMissing where it cannot be taken."""
    stage = the_course().stages[0]
    wrong = next(answer for answer in read_answers(stage, EXERCISE) if not answer.right)
    notebook = f"notebooks/{stage.stem}.ipynb"
    content = json.loads((ROOT / notebook).read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if cell["metadata"]["course"] == {
            **cell["metadata"]["course"],
            "kind": "exercise",
            "exercise": EXERCISE,
        }:
            cell["source"] = wrong.code
    with TemporaryDirectory() as folder:
        copy = Path(folder) / notebook
        copy.parent.mkdir()
        copy.write_text(json.dumps(content), encoding="utf-8")
        with open_page(1180, 1240) as page, running_lab(Path(folder)) as lab:
            open_notebook(page, lab, notebook)
            run_all(page)
            page.evaluate(_HIDE_THE_SIDEBAR)
            for _ in range(3):  # what comes in sight is drawn, and moves what is below it
                page.wait_for_timeout(700)
                page.evaluate(_SHOW, FIRST_CELL_IN_SIGHT)
            path.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=path)


def main() -> int:
    """Take the picture; returns the exit code."""
    try:
        take_picture(PICTURE)
    except BrowserMissing as error:
        print(error, file=sys.stderr)
        return 2
    print(PICTURE.relative_to(ROOT).as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main())
