"""What the response of a learner's app says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from httpx2 import Response


def body_of(response: Response) -> Any:
    """The JSON that a response holds, or None where it holds none."""
    try:
        return response.json()
    except ValueError:
        return None
