"""`course doctor`: each thing that can be wrong is found, and said how to mend."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checks.cli import app
from checks.course import ROOT, read_course
from checks.tests.upkeep.releases import MANIFEST, example, notebook
from checks.upkeep import doctor, kernel, packages
from checks.upkeep.finding import State


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of installed packages that comes before all others."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def install(name, version, *, requires=()):
        about = folder / f"{name}-{version}.dist-info"
        about.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {each}" for each in requires]
        (about / "METADATA").write_text("\n".join(lines), encoding="utf-8")

    return install


@pytest.fixture
def root(tmp_path):
    for folder in ("notebooks", "solutions", "checks/pristine"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "01_soup.ipynb").write_bytes(notebook(example("taste")))
    (tmp_path / "course.yml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "solutions" / "01_soup.py").touch()
    return tmp_path


def wrong(findings):
    return [each.what for each in findings if each.state is State.WRONG]


def states(findings):
    return [each.state for each in findings]


def needs(root, *lines):
    (root / "requirements.txt").write_text("\n".join([*lines, "", "-e ."]), encoding="utf-8")
    return list(packages.requirements(root))


def test_packages_within_their_bounds_are_one_good_line(root, site):
    site("soup", "1.5")
    [finding] = needs(root, "# What it needs", "soup>=1.4,<2")
    assert finding.state is State.GOOD
    assert finding.what.startswith("1 packages are installed")


@pytest.mark.parametrize("installed", ["1.3", "2.0", "1.4rc1"])
def test_a_package_outside_its_bounds_is_named_with_what_is_needed(root, site, installed):
    site("soup", installed)
    [finding] = needs(root, "soup>=1.4,<2")
    assert finding.what == f"soup {installed} is installed (needed: <2,>=1.4)"
    assert finding.mend.startswith(f"cd {root} && ")
    assert finding.mend.endswith("-m pip install -r requirements.txt")


def test_a_missing_package_is_named(root):
    assert wrong(needs(root, "no-such-soup>=1")) == ["no-such-soup is not installed (needed: >=1)"]


def test_what_an_extra_brings_is_looked_at_too(root, site):
    site("soup", "1.5", requires=["no-such-salt>=2; extra == 'salted'", "no-such-pepper"])
    assert wrong(needs(root, "soup[salted]>=1")) == ["no-such-salt is not installed (needed: >=2)"]


@pytest.mark.parametrize("line", ["soup>=", "=="])
def test_a_damaged_requirements_file_is_one_sentence(root, line):
    (root / "requirements.txt").write_text(line, encoding="utf-8")
    result = CliRunner().invoke(app, ["doctor", "--root", str(root)])
    assert result.exit_code == 2
    assert result.stderr.startswith("requirements.txt: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_newer_python_than_tried_is_advice():
    assert states(packages.python((3, 14))) == [State.GOOD]
    assert states(packages.python((3, 15))) == [State.ADVICE]


def test_missing_settings_of_jupyterlab_are_wrong_and_older_ones_are_advice(root, tmp_path):
    prefix = tmp_path / "environment"
    (root / ".jupyter").mkdir()
    for name, folder in packages.SETTINGS.items():
        (root / ".jupyter" / name).write_text("{}", encoding="utf-8")
        (prefix / folder).mkdir(parents=True, exist_ok=True)
    assert states(packages.settings(root, prefix)) == [State.WRONG]
    for name, folder in packages.SETTINGS.items():
        (prefix / folder / name).write_text("{}", encoding="utf-8")
    assert states(packages.settings(root, prefix)) == [State.GOOD]
    (root / ".jupyter" / "overrides.json").write_text('{"a": 1}', encoding="utf-8")
    assert states(packages.settings(root, prefix)) == [State.ADVICE]


def test_another_jupyter_on_the_path_is_advice(tmp_path):
    assert states(kernel.jupyter_on_path(str(tmp_path / "jupyter"))) == [State.ADVICE]
    assert states(kernel.jupyter_on_path(str(Path(sys.executable).parent / "jupyter"))) == []
    assert states(kernel.jupyter_on_path(None)) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write")
def test_a_folder_that_cannot_be_written_is_wrong():
    assert wrong(doctor.room(Path("/proc"), 10**12))[0].startswith("proc/ cannot be written: ")


def test_little_room_is_advice(tmp_path):
    assert states(doctor.room(tmp_path, 5 * 1024**2)) == [State.ADVICE, State.GOOD]


@pytest.mark.parametrize("name", ["cp1252", "ANSI_X3.4-1968"])
def test_another_encoding_than_utf8_is_advice(name):
    assert states(doctor.encoding(name)) == [State.ADVICE]
    assert states(doctor.encoding("UTF-8")) == []


def test_notebooks_are_counted_and_worked_ones_too(root):
    (root / "notebooks" / "01_soup.ipynb").write_bytes(notebook(example("taste", "mine")))
    [finding] = doctor.notebooks(root, read_course(root))
    assert finding.what == "1 notebooks, 1 of them worked on"


@pytest.mark.parametrize("content", [b"{", None])
def test_a_damaged_or_missing_notebook_is_wrong_and_reset_mends_it(root, content):
    path = root / "notebooks" / "01_soup.ipynb"
    path.unlink() if content is None else path.write_bytes(content)
    [finding, _] = doctor.notebooks(root, read_course(root, notebooks_exist=False))
    assert finding.state is State.WRONG
    assert "notebooks/01_soup.ipynb" in finding.what
    assert finding.mend.startswith("course reset 1")


def test_missing_solutions_are_advice(root):
    (root / "solutions" / "01_soup.ipynb").unlink()
    assert State.ADVICE in states(doctor.notebooks(root, read_course(root)))


def test_a_kernel_that_does_not_exist_is_named():
    [finding] = kernel.trial(ROOT, read_course().stage(1), kernel="no-such-kernel")
    assert finding.what == "there is no kernel named no-such-kernel: ipykernel is missing"


def test_a_kernel_that_dies_at_once_is_said(tmp_path, monkeypatch):
    spec = tmp_path / "kernels" / "broken"
    spec.mkdir(parents=True)
    about = {"argv": [sys.executable, "-c", "pass"], "display_name": "x", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(about), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    [finding] = kernel.trial(ROOT, read_course().stage(1), kernel="broken")
    assert finding.what.startswith("the kernel does not start: ")


def test_a_kernel_of_another_environment_and_another_copy_is_said(tmp_path, monkeypatch):
    """The kernel is this one: for the doctor, everything else moves elsewhere."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    stage = read_course().stage(1)
    (tmp_path / "notebooks").mkdir()
    environment, copy, _ = wrong(kernel.trial(tmp_path, stage))
    assert environment.startswith("notebooks run in another environment: ")
    assert copy.startswith("notebooks take the checks from another copy of the course: ")


def test_here_everything_is_in_order_or_mended_by_one_command():
    """The whole examination, with a real kernel and a real check in it."""
    found = list(kernel.trial(ROOT, read_course().stage(1)))
    assert [each.what for each in found if each.state is not State.WRONG] == [
        "a kernel starts",
        "a check works from end to end: Greet the guest by name",
    ]


def test_on_the_command_line_the_exit_code_tells(root, monkeypatch):
    def found(state):
        monkeypatch.setattr(
            doctor, "findings", lambda *_: [doctor.Finding(state, "It is.", "Mend.")]
        )
        return CliRunner().invoke(app, ["doctor", "--root", str(root)])

    assert found(State.GOOD).exit_code == found(State.ADVICE).exit_code == 0
    assert found(State.GOOD).output.endswith("Everything is in order.\n")
    assert found(State.WRONG).exit_code == 1
    assert "to mend it: Mend." in found(State.WRONG).output
    assert found(State.WRONG).output.endswith("To be mended: 1\n")
