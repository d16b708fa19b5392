"""What Jupyter saves of an open question: its card, not its buttons.

A button is heard by the kernel that showed it and by no other. So a notebook of the course is saved
without them: opened the next day, it shows the card, which says how to get them. The server calls
this, as `.jupyter/jupyter_server_config.py` asks it to.
"""

from __future__ import annotations

from typing import Any

from checks.display import WIDGET_MIME


def leave_buttons_out(model: dict[str, Any], **_: Any) -> None:
    """Take the buttons out of what is about to be saved.

    `model` is a contents model of Jupyter; its content is changed in place. Notebooks that are not
    the course's, and widgets without HTML in their place, stay as they are.
    """
    if model.get("type") != "notebook":
        return
    content = model["content"]
    if "course" not in content["metadata"]:
        return
    for cell in content["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data.pop(WIDGET_MIME, None)
