"""Which layers does this machine offer? Each is tried for real, in a process that is thrown away."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from checks.grading.sandbox import bubblewrap
from checks.grading.sandbox.layer import Layer
from checks.grading.sandbox.sandbox import Sandbox
from checks.grading.sandbox.view import View

_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from checks.grading.sandbox.trial import main; main()"
)
_PACKAGE_ROOT = Path(__file__).resolve().parents[3]
_SECONDS = 10
_CURES = {
    Layer.BUBBLEWRAP: "install the package bubblewrap, or allow user namespaces",
    Layer.NAMESPACES: "allow user namespaces (on Ubuntu: sysctl "
    "kernel.apparmor_restrict_unprivileged_userns=0)",
    Layer.USER: "install Python and the course where every user can read them",
    Layer.LANDLOCK: "it needs Linux 5.13 or later with Landlock switched on",
    Layer.LANDLOCK_SCOPE: "it needs Linux 6.12 or later",
    Layer.SECCOMP: "install the package libseccomp2 (on Fedora: libseccomp)",
}


def probe(view: View) -> Sandbox:
    """Try every layer, and all of them together; takes a fraction of a second and never raises."""
    if sys.platform == "win32":
        return Sandbox((), ("Windows has no sandbox for hand-ins: use WSL 2 or a container",), view)
    if sys.platform != "linux":
        return Sandbox((Layer.LIMITS,), ("this sandbox is made for Linux: use a container",), view)
    wrapped = Sandbox((Layer.LIMITS, Layer.BUBBLEWRAP), (), view)
    if bubblewrap.program() is None:
        refused = {Layer.BUBBLEWRAP: "it is not installed"}
    else:
        told = _try(wrapped)
        if isinstance(told, dict):
            return _as_sandbox(wrapped, told)
        refused = {Layer.BUBBLEWRAP: told}
    plain = Sandbox((Layer.LIMITS,), (), view)
    told = _try(plain)
    if isinstance(told, str):
        return Sandbox((Layer.LIMITS,), (f"no layer could be tried: {told}",), view)
    return _as_sandbox(plain, {**refused, **told})


def _try(sandbox: Sandbox) -> dict[Layer, str] | str:
    """Why each of the layers is refused, empty for those that hold; a text if nothing could be tried."""
    import subprocess
    import tempfile

    command = [sys.executable, "-I", "-S", "-c", _START, str(_PACKAGE_ROOT), sandbox.dumps()]
    try:
        with tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True) as folder:
            Path(folder).chmod(0o711)
            trial = subprocess.run(  # noqa: S603
                sandbox.wrap([*command, str(sandbox.scratch or folder)]),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                env={"LANG": "C.UTF-8"},
                timeout=_SECONDS,
                check=False,
            )
        told: dict[str, str] = json.loads(trial.stdout)
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    except ValueError:
        return (trial.stderr.strip().splitlines() or [f"exit code {trial.returncode}"])[-1]
    return {Layer(name): reason for name, reason in told.items()}


def _as_sandbox(tried: Sandbox, told: dict[Layer, str]) -> Sandbox:
    holding = (*tried.layers, *(layer for layer, reason in told.items() if not reason))
    missing = tuple(
        f"{layer} is missing ({reason}): {_CURES[layer]}"
        for layer, reason in told.items()
        if reason
    )
    return Sandbox(holding, missing, tried.view)
