"""The course opens ready to run: in JupyterLab, in a dev container, on Binder."""

import json
import re
import tomllib

import pytest
from packaging.specifiers import SpecifierSet

from checks.course import ROOT, read_course
from checks.upkeep.packages import SETTINGS

README = (ROOT / "README.md").read_text(encoding="utf-8")
START = re.findall(r"<!-- command: start -->\n```bash\n(.+?)\n```", README)[0].split(" && ")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FIRST = f"notebooks/{read_course().stages[0].stem}.ipynb"


def settings(name):
    return json.loads((ROOT / ".jupyter" / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def container():
    """`devcontainer.json` without its comments, which stand on lines of their own."""
    lines = (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8").splitlines()
    return json.loads("\n".join(line for line in lines if not line.lstrip().startswith("//")))


def test_jupyterlab_opens_the_first_stage():
    assert settings("jupyter_lab_config.json")["LabApp"]["default_url"] == f"/lab/tree/{FIRST}"


def test_jupyterlab_asks_nothing_about_news_and_says_when_a_kernel_still_starts():
    overrides = settings("overrides.json")
    news = overrides["@jupyterlab/apputils-extension:notification"]
    assert (news["fetchNews"], news["checkForUpdates"]) == ("false", False)
    notebook = overrides["@jupyterlab/notebook-extension:tracker"]
    assert notebook["enableKernelInitNotification"]


def test_a_card_names_lines_and_a_cell_shows_their_numbers():
    notebook = settings("overrides.json")["@jupyterlab/notebook-extension:tracker"]
    assert notebook["codeCellConfig"]["lineNumbers"]


def test_the_doctor_looks_for_every_setting_that_an_installation_brings():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    brought = wheel["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert {f".jupyter/{name}": f"{folder}/{name}" for name, folder in SETTINGS.items()} == brought


@pytest.mark.parametrize("stage", read_course().stages, ids=lambda stage: stage.id)
def test_no_notebook_asks_for_a_kernel(stage):
    text = (ROOT / "notebooks" / f"{stage.stem}.ipynb").read_text(encoding="utf-8")
    assert json.loads(text)["metadata"]["kernelspec"]["name"] == "python3"


def test_the_container_runs_what_the_readme_says(container):
    assert container["postCreateCommand"].split(" && ") == START[:-1]
    assert START[-1] == ".venv/bin/jupyter lab"


def test_the_container_has_a_python_that_the_course_runs_on(container):
    version = container["image"].rpartition(":")[2]
    assert version in SpecifierSet(PROJECT["requires-python"])


def test_the_container_opens_with_the_environment_it_made(container):
    vscode = container["customizations"]["vscode"]
    assert vscode["settings"]["python.defaultInterpreterPath"].endswith("/.venv/bin/python")
    assert {"ms-python.python", "ms-toolsai.jupyter"} <= set(vscode["extensions"])
    assert container["customizations"]["codespaces"]["openFiles"] == [FIRST]
    assert 8888 in container["forwardPorts"]


# repo2docker 2026.4, buildpacks/python: with a folder `.binder` it installs the requirements of that
# folder and nothing else. Without it, and with a pyproject.toml that names a project and a build
# system, it runs `pip install .` after them, which replaces the editable install.


def test_binder_installs_the_requirements_of_the_course():
    lines = (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["-r ../requirements.txt"]


def test_binder_has_a_python_that_the_course_runs_on():
    runtime = (ROOT / ".binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    version = runtime.removeprefix("python-")
    assert version in SpecifierSet(PROJECT["requires-python"])


def test_the_course_itself_is_installed_where_it_lies():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
    assert lines[-2:] == ["-e", "."]
