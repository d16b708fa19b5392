"""A headless Chromium, driven by Playwright: the system's own, or the one Playwright installs."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Browser

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserMissing(Exception):
    """No Chromium or no Playwright on this machine; the message says how to get them."""


@contextlib.asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """A headless Chromium.

    Raises BrowserMissing where there is none, or no Playwright, and Playwright's error where the
    Chromium that was found does not start.
    """
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError:
        raise BrowserMissing("Playwright is missing; run: pip install playwright") from None
    async with async_playwright() as playwright:
        for place in _places():
            try:
                browser = await playwright.chromium.launch(args=list(_FLAGS), **place)
            except Error as error:
                if "executable_path" in place or not _says_missing(error):
                    raise
                continue
            try:
                yield browser
            finally:
                await browser.close()
            return
    raise BrowserMissing(
        "no Chromium was found; run: playwright install chromium (Debian: apt-get install chromium)"
    )


def _places() -> Iterator[dict[str, Any]]:
    """Where a Chromium may be: on the path, where Playwright installs it, where Chrome installs itself."""
    for name in ("chromium", "google-chrome", "chromium-browser"):
        if path := shutil.which(name):
            yield {"executable_path": path}
            return
    yield {}
    yield {"channel": "chrome"}


def _says_missing(error: Exception) -> bool:
    return "Executable doesn't exist" in str(error) or "is not found" in str(error)
