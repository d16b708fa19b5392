"""What holds for every test: nothing of the user's own IPython or Jupyter settings plays a part."""

import os
import tempfile

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Give IPython and Jupyter a home of their own, for this process and the kernels it starts."""
    home = tempfile.TemporaryDirectory(prefix="course-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        os.environ[name] = os.path.join(home.name, name.lower())  # noqa: PTH118
