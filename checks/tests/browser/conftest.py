"""What the browser tests share: one JupyterLab server over a copy of the learner's notebooks."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.authoring.browser import BrowserMissing, running_browser
from checks.authoring.lab_server import Lab, running_lab
from checks.course import ROOT


async def start_a_browser() -> None:
    async with running_browser():
        pass


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server for all tests; it shows a folder of its own, so the checkout stays as it is."""
    try:
        asyncio.run(start_a_browser())
    except BrowserMissing as missing:
        pytest.skip(str(missing))
    root = tmp_path_factory.mktemp("lab")
    shutil.copytree(
        ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints")
    )
    with running_lab(root) as lab:
        yield lab


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for pictures: COURSE_SCREENSHOTS, or one that pytest removes some runs later."""
    if folder := os.environ.get("COURSE_SCREENSHOTS"):
        path = Path(folder).absolute()
        path.mkdir(parents=True, exist_ok=True)
        return path
    return tmp_path_factory.mktemp("screenshots")
