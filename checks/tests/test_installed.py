"""A notebook that meets a missing or too old package says so in one line."""

import ast
import json
import subprocess
import sys

import pytest

from checks.course import ROOT, read_course
from checks.installed import notebook_requirements, what_is_missing


@pytest.fixture
def needs(tmp_path):
    def write(*lines):
        text = "\n".join(["# The notebooks", *lines, "", "# Building", "no-such-tool>=1"])
        (tmp_path / "requirements.txt").write_text(text, encoding="utf-8")
        return what_is_missing(tmp_path)

    return write


def test_nothing_is_said_where_all_is_well(needs):
    assert needs("pytest>=1,<99", "# a comment") == ""


def test_a_missing_package_is_named_with_the_command_that_mends_it(needs, tmp_path):
    said = needs("no-such-package[extra]>=2.1,<3")
    assert said.startswith("no-such-package is missing (the course needs 2.1 or newer). ")
    assert f"To mend it: cd {tmp_path} && " in said
    assert "-m pip install -r requirements.txt (and" in said
    assert "\n" not in said


def test_a_package_that_is_too_old_is_named_with_its_version(needs):
    assert " is too old (the course needs 999.1 or newer)" in needs("pytest>=999.1,<1000")


def test_a_package_that_is_newer_than_tried_does_not_stop_a_notebook(needs):
    assert needs("pytest>=1,<2") == ""


def test_without_a_requirements_file_nothing_is_said(tmp_path):
    assert what_is_missing(tmp_path) == ""


def test_the_course_asks_for_what_its_notebooks_import():
    lines = notebook_requirements((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    names = {line.partition(">=")[0].partition("[")[0] for line in lines}
    assert {"fastapi", "sqlalchemy", "httpx2", "pydantic", "ipywidgets", "pyyaml"} <= names
    assert "pytest" not in names


KERNEL = """
import sys, types
sys.modules["ipykernel"] = types.ModuleType("ipykernel")
import importlib.metadata as metadata
whole = metadata.version
metadata.version = lambda name: "0.1" if name == "fastapi" else whole(name)
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="nocolor")
shell.run_cell("import checks.stages.fastapi_basics")
"""


def test_in_a_notebook_the_traceback_is_that_one_line():
    done = subprocess.run([sys.executable, "-c", KERNEL], capture_output=True, text=True, cwd=ROOT)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    assert len(lines) == 1, lines
    assert lines[0].startswith("SetUpError: fastapi 0.1 is too old (the course needs ")


OLD = """
import sys
sys.version_info = (3, 9, 1, "final", 0)
try:
    import checks
except ImportError as error:
    print(error)
"""


def test_an_old_python_hears_which_one_is_needed():
    done = subprocess.run([sys.executable, "-c", OLD], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.startswith("this is Python 3.9, and the course needs 3.11 or newer. ")


def test_what_an_old_python_reads_first_is_written_for_it():
    source = (ROOT / "checks" / "__init__.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))


WITHOUT_TYPER = "import sys; sys.modules['typer'] = None; import checks.__main__ as m; m.main()"


def test_a_command_line_without_its_packages_says_which_and_leaves_with_2():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TYPER], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 2
    assert done.stderr.startswith("the package typer is missing. To mend it: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("stage", read_course().stages, ids=lambda stage: stage.id)
def test_each_notebook_asks_the_course_before_any_other_package(stage):
    notebook = json.loads((ROOT / "notebooks" / f"{stage.stem}.ipynb").read_text(encoding="utf-8"))
    setup = next(
        cell for cell in notebook["cells"] if cell["metadata"]["course"]["kind"] == "setup"
    )
    names = [
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.parse("".join(setup["source"])).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    others = [name for name in names if name.split(".")[0] not in sys.stdlib_module_names]
    assert others[0].startswith("checks")
