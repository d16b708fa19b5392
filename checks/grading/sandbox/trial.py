"""Tries the layers one upon the other, as a worker and its child would use them.

Runs as a program of its own: its arguments are a sandbox with what is in force already, and an empty
folder, and it prints why each further layer is refused, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from checks.grading.limits import Limits
from checks.grading.sandbox import landlock, user
from checks.grading.sandbox.enclosure import Enclosure
from checks.grading.sandbox.layer import Layer
from checks.grading.sandbox.sandbox import Sandbox
from checks.grading.sandbox.view import View

_FIRST_VERSION_WITH_SCOPE = 6


def main() -> NoReturn:
    """Print the reasons by layer, and end; an empty one says that the layer holds."""
    sandbox = Sandbox.loads(sys.argv[1])
    layers = [Layer.NAMESPACES, Layer.USER, Layer.LANDLOCK, Layer.SECCOMP]
    if not user.is_root():
        layers.remove(Layer.USER)
    told = _refusals(sandbox, layers, Path(sys.argv[2]))
    if not told[Layer.LANDLOCK]:
        known = landlock.version()
        late = "" if known >= _FIRST_VERSION_WITH_SCOPE else f"this is version {known} of Landlock"
        told[Layer.LANDLOCK_SCOPE] = late
    print(json.dumps(told), flush=True)
    os._exit(0)  # there is nothing to tidy up, which would be a tenth of the trial


def _refusals(sandbox: Sandbox, layers: list[Layer], scratch: Path) -> dict[Layer, str]:
    """Why each layer cannot be added to those before it; each alone only where not all hold at once."""
    if not _refusal(sandbox.with_layers(*layers), scratch):
        return dict.fromkeys(layers, "")
    told: dict[Layer, str] = {}
    for layer in layers:
        told[layer] = _refusal(sandbox.with_layers(layer), scratch)
        if not told[layer]:
            sandbox = sandbox.with_layers(layer)
    return told


def _refusal(sandbox: Sandbox, scratch: Path) -> str:
    """Why a child cannot live with these layers; empty if it can."""
    reading, writing = os.pipe()
    worker = os.fork()
    if worker == 0:
        try:
            os.close(reading)
            folder = scratch / str(os.getpid())  # each has one of its own
            folder.mkdir()
            _live(sandbox.settle(folder), sandbox.view)
            os.write(writing, b"alive")
        except BaseException as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(worker, 0)
    return "" if said == "alive" else said or "the process was killed"


def _live(enclosure: Enclosure, view: View) -> None:
    enclosure.close()
    reading, writing = os.pipe()
    child = enclosure.fork()
    if child == 0:
        try:
            enclosure.enter(Limits())
            Path(__file__).read_bytes()
            Path(os.__file__).read_bytes()
            for path in view.readable:
                if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
                    raise PermissionError(f"{path} cannot be read")
            Path("note").write_text("written")
            os.write(writing, b"alive")
        except BaseException as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    if said != "alive":
        raise OSError(said or "the process was killed")
