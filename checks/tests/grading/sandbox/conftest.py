"""What the tests of the sandbox share: children that try something, with chosen layers in force."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import asdict
from pathlib import Path

import pytest

from checks.course import ROOT
from checks.grading.limits import Limits
from checks.grading.sandbox import Layer, Sandbox, View, probe

Try = Callable[..., list[str]]

WORKER = """
import json, os, sys, tempfile
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from checks.grading.limits import Limits
from checks.grading.sandbox import Sandbox

told = json.load(sys.stdin)
folder = Path(tempfile.mkdtemp(dir=".")).absolute()
enclosure = Sandbox.loads(sys.argv[2]).settle(folder)
worker = os.getpid()
said = []
for code in told["codes"]:
    hearing, speaking = os.pipe()
    child = enclosure.fork()
    if child == 0:
        os.setsid()
        enclosure.enter(Limits(**told["limits"]))
        try:
            names = {"os": os, "sys": sys, "Path": Path, "worker": worker, "said": None}
            exec(code, names)
            word = names["said"]
        except BaseException as error:
            word = f"{type(error).__name__}: {error}"
        os.write(speaking, json.dumps(word).encode())
        os._exit(0)
    os.close(speaking)
    with os.fdopen(hearing, "rb") as pipe:
        word = pipe.read()
    status = os.waitpid(child, 0)[1]
    said.append(json.loads(word) if word else f"ended with {os.waitstatus_to_exitcode(status)}")
    enclosure.sweep()
    assert os.listdir(enclosure.work) == []
print(json.dumps(said))
"""


@pytest.fixture(scope="session")
def machine() -> Sandbox:
    """What this machine offers."""
    return probe(View.of_course(ROOT))


@pytest.fixture
def attempt(machine: Sandbox, tmp_path: Path) -> Try:
    """Run pieces of code, each in a child of its own, with these layers; what each has said.

    A piece says something by setting `said`; else it says what it raised, or how it ended.
    """

    def attempt(*codes: str, layers: Collection[Layer], limits: Limits | None = None) -> list[str]:
        lacking = set(layers) - set(machine.layers)
        if lacking:
            pytest.skip(f"this machine lacks {sorted(lacking)}: {machine.missing}")
        chosen = Sandbox((Layer.LIMITS, *layers), (), machine.view)
        command = [sys.executable, "-I", "-S", "-c", WORKER, str(ROOT), chosen.dumps()]
        tmp_path.chmod(0o711)
        done = subprocess.run(
            chosen.wrap(command),
            input=json.dumps({"codes": codes, "limits": asdict(limits or Limits())}),
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"LANG": "C.UTF-8"},
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said: list[str] = json.loads(done.stdout)
        return said

    return attempt


@pytest.fixture
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that everybody on the machine could read and change."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for parent in (folder, *folder.parents):
        if parent.owner() == folder.owner() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    file = folder / "secret"
    file.write_text("the marks of all")
    file.chmod(0o666)
    folder.chmod(0o777)
    return file
