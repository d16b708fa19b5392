"""Data drawn anew for every check, so that a hard-coded answer fails."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"


class Draw:
    """Draws words and numbers, and hides them again in a text.

    `seed` makes the draw repeatable (tests); without it every draw differs. The generator is the
    draw's own: the state of the `random` module is left alone.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)
        self._labels: dict[str, str] = {}

    def word(self, label: str) -> str:
        """A capitalised word of eight letters, known as `label` in what a card says."""
        return self._keep(label, self._new_word)

    def number(self, label: str) -> int:
        """A number from 1,000 to 9,999, known as `label` in what a card says."""
        return int(self._keep(label, lambda: str(self._random.randint(1_000, 9_999))))

    def mask(self, text: str) -> str:
        """The text with every drawn value replaced by its label, so that it reads the same each time."""
        for value, label in self._labels.items():
            text = re.sub(rf"(?<!\w){value}(?!\w)", f"‹{label}›", text, flags=re.IGNORECASE)
        return text

    def _new_word(self) -> str:
        pairs = (self._random.choice(_CONSONANTS) + self._random.choice(_VOWELS) for _ in range(4))
        return "".join(pairs).capitalize()

    def _keep(self, label: str, draw: Callable[[], str]) -> str:
        value = draw()
        while value in self._labels:
            value = draw()
        self._labels[value] = label
        return value
