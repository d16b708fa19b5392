"""An IPython extension: in a kernel that has run no set-up yet, an unknown name gets a sentence.

It also has the stop button end a cell that awaits.

Every kernel of the course's environment loads it at its start (`.jupyter/ipython_kernel_config.json`), so
it imports next to nothing. As soon as a stage is open, `checks.keyboard` knows more and takes over.
"""

from __future__ import annotations

import sys
from typing import Any

from checks import display, workplace
from checks.interrupt import wake_on_interrupt


def load_ipython_extension(shell: Any) -> None:
    """Watch the cells of a notebook of the course; elsewhere, do nothing."""
    if workplace.notebook() is not None:
        shell.events.register("post_run_cell", _after_each_cell)
        wake_on_interrupt(shell)


def _after_each_cell(result: Any) -> None:
    if isinstance(result.error_in_exec, NameError) and "checks.keyboard" not in sys.modules:
        from IPython.display import display as show

        sentence = (
            "This kernel has started anew and knows nothing of the cells above. "
            "Run > Run All Above Selected Cell runs them; then run this one once more."
        )
        show(display.note_card("What may have happened", sentence))
