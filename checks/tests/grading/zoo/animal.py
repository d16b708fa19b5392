"""A hostile hand-in: what it does, and how it has to end."""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import indent

from checks.grading.sandbox import Layer
from checks.grading.status import Status
from checks.tests.grading.small_course import SOLVED


@dataclass(frozen=True)
class Animal:
    """A hand-in of the small course.

    `name` says what it tries; `needs` is the one layer without which nothing holds it back. `ends` are the statuses it may end with, each with its points: there are
    two where layers of the sandbox answer differently.
    """

    name: str
    ends: dict[Status, float]
    answers: dict[str, str] = field(default_factory=lambda: dict(SOLVED))
    needs: Layer | None = None


def in_the_middle(name: str, code: str, ends: dict[Status, float]) -> Animal:
    """It does something in the second of three exercises; the first (4) and the third (2) are solved."""
    return Animal(name, ends, {**SOLVED, "greet": code})


def solved_after(name: str, code: str) -> Animal:
    """It does something that must change nothing, and solves all exercises."""
    return Animal(name, {Status.GRADED: 9}, {**SOLVED, "greet": f"{code}\n{SOLVED['greet']}"})


def refused(name: str, code: str, needs: Layer | None = None) -> Animal:
    """It tries something that must raise OSError; only then its first exercise is solved."""
    attempt = f"""
import ctypes, json, os, signal, socket, subprocess, sys, threading, time
from pathlib import Path

def attempt():
{indent(code.strip(), "    ")}

try:
    attempt()
except OSError:
    {SOLVED["double"].replace(chr(10), chr(10) + "    ")}
"""
    return Animal(name, {Status.GRADED: 9}, {**SOLVED, "double": attempt}, needs)
