"""Who handed in what, as far as names say it: one small rule for each platform, and one for the rest.

Moodle names a folder `Full name_123456_assignsubmission_file_` and a file the same with its own name
behind; the number is new in each assignment. Where it marks blindly, all are called `Participant`, and
the number is a part of the name. Canvas names a file `lastfirst_12345_67890_file.ipynb`, with `LATE_`
before the first number of a late one; the first number stays with the person.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from checks.course import Course, StageEntry

LONGEST_NAME = 120
"""The number of characters of a name that are shown."""

_SEPARATORS = " _-.,+"
_NOTEBOOK = re.compile(r"\.ipynb(?:\.(?:txt|json))?$", re.IGNORECASE)
_COPY = re.compile(r"(?: ?\(\d{1,3}\)|-copy\d{0,3})+$", re.IGNORECASE)
_MOODLE = re.compile(
    r"(?P<name>[^/]*[^/\s_])_(?P<id>\d+)_assignsubmission_[a-z]+(?:_.*)?", re.DOTALL
)
_BLIND = "Participant"
# A stage's number begins with a zero and has two digits, a platform's does neither.
_CANVAS = re.compile(
    r"(?P<name>[^/]*?[^/\s_])_(?P<late>LATE_)?(?P<id>[1-9]\d+)_[1-9]\d+_.+", re.DOTALL
)
# These turn the direction of what follows, so that a name reads as another.
DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Person:
    """Who a name stands for; `id` is the platform's number, or empty where it gives none.

    `late` says that the platform marks this hand-in as late; the person is the same one.
    """

    name: str
    id: str = ""
    late: bool = field(default=False, compare=False)


def people(paths: Iterable[tuple[str, ...]]) -> set[Person]:
    """Those whom platforms' names at the top of these paths, or one folder below, are of."""
    names = {name for parts in paths for name in parts[:2]}
    return {person for name in names if (person := in_platform_name(name)) is not None}


def in_platform_name(name: str) -> Person | None:
    """The person in a file's or folder's name as Moodle or Canvas writes it, else None."""
    for rule in (_in_moodle_name, _in_canvas_name):
        if person := rule(name):
            return person
    return None


def in_folder_name(name: str) -> Person:
    """The person that a folder belongs to."""
    return in_platform_name(name) or Person(shown(name))


def in_file_name(name: str, stage: StageEntry | None, otherwise: str = "") -> Person:
    """The person that a file belongs to which lies in nobody's folder.

    Takes the file's name, the stage that it names, and who is meant where it names nothing else.
    """
    if person := in_platform_name(name):
        return person
    stem = without_suffix(name)
    rest = _COPY.sub("", stem)
    if stage:
        rest = _COPY.sub("", _stem(stage).sub("", rest, count=1).strip(_SEPARATORS))
    return Person(shown(rest.strip(_SEPARATORS) or otherwise or stem))


def stage_in_name(name: str, course: Course) -> StageEntry | None:
    """The written stage whose stem, such as `01_fastapi_basics`, stands in the name."""
    for stage in course.stages:
        if _stem(stage).search(name):
            return stage
    return None


def is_notebook(name: str) -> bool:
    """Whether a file of this name is a notebook; some browsers add a suffix of their own."""
    return _NOTEBOOK.search(name) is not None


def is_archive(name: str) -> bool:
    """Whether a file of this name is a zip file."""
    return name.lower().endswith(".zip")


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is no one's work: `__MACOSX` is what macOS adds to zips."""
    return (name.startswith(".") and name != "..") or name == "__MACOSX"


def without_suffix(name: str) -> str:
    """The name of a notebook or of a zip file without what says its type."""
    return _NOTEBOOK.sub("", name) if is_notebook(name) else re.sub(r"(?i)\.zip$", "", name)


def shown(name: str) -> str:
    """The name as it can be shown: short, in one line, without characters that deceive."""
    text = "".join("?" if is_deceptive(each) else each for each in name)
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


def is_deceptive(character: str) -> bool:
    """Whether a character controls how text is shown instead of being text, or is none at all."""
    return character in DIRECTION or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def tell_apart(hand_ins: Iterable[tuple[Person, str]]) -> Callable[[Person], str]:
    """How each person is called, so that two of the same name stay two.

    Takes each hand-in's person and stage (empty where unknown). A platform's number is part of what a
    person is called only where two numbers of the same name handed in the same stage, or may have:
    Moodle gives the same person another number in each assignment.
    """
    numbers: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for person, stage in hand_ins:
        numbers[person.name][person.id].add(stage)
    doubtful = {
        name for name, stages in numbers.items() if len(stages) > 1 and _clash(stages.values())
    }
    return lambda person: (
        f"{person.name} ({person.id})" if person.id and person.name in doubtful else person.name
    )


def _clash(groups: Iterable[set[str]]) -> bool:
    seen: set[str] = set()
    for stages in groups:
        if seen & stages or (seen and "" in stages | seen):
            return True
        seen |= stages
    return False


def _in_moodle_name(name: str) -> Person | None:
    found = _MOODLE.fullmatch(name)
    if found is None:
        return None
    name = f"{_BLIND} {found['id']}" if found["name"] == _BLIND else found["name"]
    return Person(shown(name), found["id"][:20])


def _in_canvas_name(name: str) -> Person | None:
    found = _CANVAS.fullmatch(name)
    if found is None:
        return None
    return Person(shown(found["name"]), found["id"][:20], late=found["late"] is not None)


def _stem(stage: StageEntry) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(stage.stem)}(?![^\W_])", re.IGNORECASE)
