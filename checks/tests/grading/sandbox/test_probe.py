"""What a machine offers is tried, never assumed; what it lacks is said, with the way to get it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checks.course import ROOT
from checks.grading.sandbox import Layer, Level, Sandbox, View, probe, require
from checks.grading.sandbox.layer import reached
from checks.grading.status import GradingError

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")

PROBE = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path
from checks.grading.sandbox import Sandbox, View, probe
found = probe(View.of_course(Path(sys.argv[1])))
print(found.level.name, *sorted(layer.name for layer in found.layers))
print(*found.missing, sep="\\n")
"""
WALLS = {"NAMESPACES", "LANDLOCK", "SECCOMP"}


def probe_under(*command: str, path: str) -> tuple[str, set[str], str]:
    """The level, the layers, and what is missing, as a program sees it that the command has started."""
    done = subprocess.run(
        [*command, sys.executable, "-I", "-c", PROBE, str(ROOT)],
        capture_output=True,
        text=True,
        env={"PATH": path, "LANG": "C.UTF-8"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *missing = done.stdout.splitlines()
    level, *layers = first.split()
    return level, set(layers), "\n".join(missing)


@pytest.fixture
def ordinary(machine: Sandbox) -> list[str]:
    """A command that starts another one as an ordinary user, who can make no user namespaces."""
    if Layer.BUBBLEWRAP not in machine.layers:
        pytest.skip(f"this machine has no bubblewrap to play an ordinary user: {machine.missing}")
    bwrap = shutil.which("bwrap")
    assert bwrap is not None
    view = ["--dev-bind", "/", "/", "--unshare-user", "--uid", "1234", "--gid", "1234"]
    return [bwrap, *view, "--cap-drop", "ALL"]


@on_linux
def test_the_last_layer_says_why_it_is_refused(tmp_path: Path) -> None:
    refusing = """
import sys; sys.path.insert(0, sys.argv.pop(1))
from checks.grading.sandbox import seccomp, trial
def refuse(*_): raise OSError("no filter here")
seccomp.Filter = refuse
trial.user.is_root = lambda: False
trial.main()
"""
    nothing_yet = Sandbox((Layer.LIMITS,), (), View.of_course(ROOT)).dumps()
    done = subprocess.run(
        [sys.executable, "-I", "-c", refusing, str(ROOT), nothing_yet, str(tmp_path)],
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)[Layer.SECCOMP] == "no filter here"


@on_linux
def test_what_was_found_holds_together_and_reaches_a_level(machine: Sandbox) -> None:
    assert Layer.LIMITS in machine.layers
    assert machine.level is reached(machine.layers)
    assert Sandbox.loads(machine.dumps()).layers == machine.layers
    assert Sandbox.loads(machine.dumps()).view == machine.view


@on_linux
def test_without_bubblewrap_the_other_layers_still_hold(machine: Sandbox) -> None:
    _, layers, missing = probe_under(path="/nowhere")
    assert layers >= {layer.name for layer in machine.layers} & WALLS
    assert "bubblewrap is missing (it is not installed): install the package bubblewrap" in missing


@on_linux
def test_an_ordinary_user_reaches_what_root_reaches(machine: Sandbox, ordinary: list[str]) -> None:
    level, layers, missing = probe_under(*ordinary, path=os.environ["PATH"])
    assert layers >= {layer.name for layer in machine.layers} & {*WALLS, "BUBBLEWRAP"}
    assert level == machine.level.name
    assert "USER" not in layers
    assert "another user" not in missing


@on_linux
def test_where_namespaces_are_forbidden_landlock_and_seccomp_confine(
    machine: Sandbox, ordinary: list[str]
) -> None:
    kept = {layer.name for layer in machine.layers} & {"LANDLOCK", "SECCOMP", "LANDLOCK_SCOPE"}
    forbidding = [*ordinary, "--disable-userns"]
    if subprocess.run([*forbidding, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this bubblewrap is too old to forbid user namespaces")
    level, layers, missing = probe_under(*forbidding, path=os.environ["PATH"])
    assert layers == kept | {"LIMITS"}
    assert "bubblewrap is missing (" in missing
    assert "namespaces is missing (" in missing
    assert "kernel.apparmor_restrict_unprivileged_userns" in missing
    if {"LANDLOCK", "SECCOMP"} <= layers:
        assert level == "CONFINED"


@pytest.mark.parametrize(
    ("platform", "level", "advice"),
    [("darwin", Level.LIMITS, "use a container"), ("win32", Level.NONE, "WSL 2")],
)
def test_other_systems_say_what_they_lack(
    platform: str, level: Level, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    found = probe(View(()))
    assert found.level is level
    assert advice in found.missing[0]


def test_each_level_is_what_its_sentence_promises() -> None:
    assert reached(()) is Level.NONE
    assert reached([Layer.LIMITS]) is Level.LIMITS
    assert reached([Layer.LIMITS, Layer.BUBBLEWRAP]) is Level.PARTIAL  # it can signal the worker
    assert reached([Layer.LIMITS, Layer.SECCOMP]) is Level.PARTIAL  # it can read files
    assert reached([Layer.LIMITS, Layer.LANDLOCK, Layer.SECCOMP]) is Level.CONFINED
    assert reached([Layer.LIMITS, Layer.BUBBLEWRAP, Layer.NAMESPACES]) is Level.CONFINED
    assert reached([Layer.LIMITS, Layer.NAMESPACES, Layer.LANDLOCK, Layer.SECCOMP]) is Level.FULL
    assert len({level.sentence for level in Level}) == len(Level)


def test_a_level_that_is_not_reached_is_refused_with_the_way_to_get_there() -> None:
    lacking = ("bubblewrap is missing (it is not installed): install the package bubblewrap",)
    poor = Sandbox((Layer.LIMITS,), lacking, View(()))
    require(poor, Level.LIMITS)
    with pytest.raises(GradingError, match=r"level 1 \(limits\).*level 3 \(confined\).*install"):
        require(poor, Level.CONFINED)


def test_the_view_leaves_out_answers_solutions_and_tests(tmp_path: Path) -> None:
    for file in ("checks/stages/soup/answers/a.py", "checks/stages/soup/exercises.py", "marks.db"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    view = View.of_course(tmp_path)
    seen = {
        path.relative_to(tmp_path): whole
        for path, whole in view.entries()
        if path.is_relative_to(tmp_path)
    }
    assert seen == {
        Path("checks"): False,
        Path("checks/stages"): False,
        Path("checks/stages/soup"): False,
        Path("checks/stages/soup/exercises.py"): True,
    }


def test_of_the_system_only_what_programs_need_is_in_the_view() -> None:
    shown = View.of_course(ROOT).readable
    for private in ("/usr/src/hand-ins", "/usr/local/hand-ins", "/home", sys.prefix, "/root"):
        assert not any(Path(private).is_relative_to(folder) for folder in shown), private


def test_the_hand_ins_are_out_of_view_wherever_they_lie(tmp_path: Path) -> None:
    inside, above, elsewhere = tmp_path / "a" / "hand-ins", tmp_path, tmp_path / "b"
    for folder in (inside, elsewhere):
        folder.mkdir(parents=True)
    view = View.of_course(ROOT, [tmp_path / "a"], [inside, above, elsewhere])
    assert inside in view.hidden
    assert elsewhere not in view.hidden, "it is out of view as it is"
    assert above not in view.hidden, "everything would be gone"
    assert (tmp_path / "a", False) in view.entries()
    assert inside not in dict(view.entries())
