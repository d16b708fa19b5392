"""Hand-ins in zip files, as platforms export them and as people who mean harm make them."""

from __future__ import annotations

import io
import json
import shutil
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from checks.course import Course, the_course
from checks.grading import archive
from checks.grading import collect as collecting
from checks.grading.collect import Collection, HandIn, collect
from checks.grading.status import GradingError, Status
from checks.tests.grading.small_course import code, notebook

SOUP = json.dumps(notebook([code("mine", "soup = 1")])).encode()
Members = dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]]
Zip = Callable[..., Path]


def zipped(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of members of the same name
        for name, content in members.items() if isinstance(members, dict) else members:
            file.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def collected(hand_ins: Path, course: Course, tmp_path: Path) -> Callable[[], Collection]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return lambda: collect(hand_ins, course, scratch)


def rows(collection: Collection) -> list[tuple[str, str, Status | None]]:
    return [(each.learner, each.file, each.status) for each in collection.hand_ins]


def refused(collection: Collection) -> dict[str, str]:
    return {
        each.file.rpartition(" › ")[2]: each.reason
        for each in collection.hand_ins
        if each.status is Status.UNREADABLE
    }


MOODLE = "Learner {0}_{1}_assignsubmission_file_"


def test_an_export_of_moodle_in_folders(
    hand_ins: Path, collected: Callable[[], Collection]
) -> None:
    members = {
        f"{MOODLE.format('One', 101)}/01_soup.ipynb": SOUP,
        f"{MOODLE.format('Two', 102)}/work.zip": zipped({"deep/down/01_soup.ipynb": SOUP}),
        f"{MOODLE.format('Three', 103)}/essay.pdf": b"",
        "Learner Four_104_assignsubmission_onlinetext_/onlinetext.html": b"",
        f"{MOODLE.format('One', 105)}/01_soup.ipynb": SOUP,
    }
    (hand_ins / "export.zip").write_bytes(zipped(members))
    (hand_ins / "other.zip").write_bytes(zipped({f"{MOODLE.format('Six', 106)}a.ipynb": SOUP}))
    found = collected()
    assert [(learner, status) for learner, _, status in rows(found)] == [
        ("Learner Four", Status.MISSING),
        ("Learner One (101)", None),
        ("Learner One (105)", None),
        ("Learner Six", None),
        ("Learner Three", Status.MISSING),
        ("Learner Two", None),
    ]
    assert found.hand_ins[4].reason == "no notebook, only essay.pdf"
    last = found.hand_ins[-1]
    assert (
        last.file == f"export.zip › {MOODLE.format('Two', 102)}/work.zip › deep/down/01_soup.ipynb"
    )
    assert last.path is not None
    assert last.path.read_bytes() == SOUP
    assert found.ignored == 2


def test_an_export_of_canvas_as_the_zip_file_itself(
    hand_ins: Path, course: Course, tmp_path: Path
) -> None:
    export = hand_ins / "submissions.zip"
    members = {
        "onelearner_12_90001_01_soup.ipynb": SOUP,
        "onelearner_12_90002_01_soup-1.ipynb": SOUP,
        "twolearner_LATE_13_90003_handin.zip": zipped({"01_soup.ipynb": SOUP}),
        "threelearner_14_90004_essay.docx": b"",
    }
    export.write_bytes(zipped(members))
    found = collect(export, course, tmp_path)
    assert [each.learner for each in found.hand_ins] == [
        "onelearner",
        "onelearner",
        "threelearner",
        "twolearner",
    ]
    assert found.hand_ins[0].reason.startswith("duplicate: onelearner_12_90002_01_soup-1.ipynb is")
    assert found.hand_ins[2].status is Status.MISSING


def test_a_zip_file_is_its_learners_own_unless_it_is_all_there_is(
    hand_ins: Path, collected: Callable[[], Collection]
) -> None:
    class_zip = zipped(
        {
            "class/learner-1/01_soup.ipynb": SOUP,
            "class/learner-2/": b"",
            "class/learner-3/a.ipynb": SOUP,
        }
    )
    (hand_ins / "class.zip").write_bytes(class_zip)
    assert [row[0] for row in rows(collected())] == ["learner-1", "learner-2", "learner-3"]
    (hand_ins / "class.zip").unlink()
    (hand_ins / "learner-4.zip").write_bytes(zipped({"01_soup.ipynb": SOUP}))
    (hand_ins / "learner-5_01_soup.zip").write_bytes(
        zipped({"x/y.ipynb": SOUP, "__MACOSX/y.ipynb": b""})
    )
    assert [row[0] for row in rows(collected())] == ["learner-4", "learner-5"]


def test_zip_files_in_zip_files_have_a_depth(
    hand_ins: Path, collected: Callable[[], Collection]
) -> None:
    content = zipped({"01_soup.ipynb": SOUP})
    for _ in range(archive.DEEPEST):
        content = zipped({"again.zip": content, "01_soup.ipynb": SOUP})
    (hand_ins / "learner-1").mkdir()
    (hand_ins / "learner-1" / "all.zip").write_bytes(content)
    found = collected()
    assert [status for *_, status in rows(found)] == [Status.UNREADABLE] + [None] * archive.DEEPEST
    assert list(refused(found).values()) == ["lies inside 3 zip files: hand in the first"]


def link(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


def test_an_unpacked_export_names_the_same_learners_as_its_zip_file(
    hand_ins: Path, tmp_path: Path
) -> None:
    one, two = (
        json.dumps(notebook([code("mine", "a = 1")], stage)).encode()
        for stage in ("fastapi_basics", "database_models")
    )
    exports: dict[str, dict[str, bytes]] = {
        "Assignment 01": {
            f"{MOODLE.format('One', 101)}/01_soup.ipynb": one,
            f"{MOODLE.format('Two', 102)}/work.zip": zipped({"deep/01_soup.ipynb": one}),
            f"{MOODLE.format('Three', 103)}/essay.pdf": b"",
        },
        "submissions": {
            "fourlearner_12_90001_01_soup.ipynb": one,
            "fivelearner_13_90002_work.zip": zipped({"01_soup.ipynb": one}),
            "grades.csv": b"",
        },
        "Assignment 02": {f"{MOODLE.format('Two', 202)}/a.ipynb": two},
    }
    found = []
    for suffix in (".zip", "", "/again"):
        for path in hand_ins.iterdir():
            path.unlink() if path.is_file() else shutil.rmtree(path)
        for name, members in exports.items():
            with zipfile.ZipFile(io.BytesIO(zipped(members))) as file:
                file.extractall(hand_ins / f"{name}{suffix}")
            if suffix == ".zip":
                shutil.rmtree(hand_ins / f"{name}.zip")
                (hand_ins / f"{name}.zip").write_bytes(zipped(members))
        (scratch := tmp_path / f"scratch{len(found)}").mkdir()
        collection = collect(hand_ins, the_course(), scratch)
        found.append([(each.learner, each.stage) for each in collection.hand_ins])
    assert found[0] == [
        ("Learner One", "fastapi_basics"),
        ("Learner Three", ""),
        ("Learner Two", "database_models"),
        ("Learner Two", "fastapi_basics"),
        ("fivelearner", "fastapi_basics"),
        ("fourlearner", "fastapi_basics"),
    ]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("unpacked", [False, True])
@pytest.mark.parametrize("beside", ["Bob Baker.zip", "Bob Baker.ipynb", "Bob Baker/a.ipynb"])
def test_nobody_hands_in_for_somebody_else(
    unpacked: bool, beside: str, hand_ins: Path, collected: Callable[[], Collection]
) -> None:
    forged = "Bob Baker_123_assignsubmission_file_/a.ipynb"
    (hand_ins / beside).parent.mkdir(exist_ok=True)
    (hand_ins / beside).write_bytes(zipped({"a.ipynb": SOUP}) if beside[-4:] == ".zip" else SOUP)
    if unpacked:
        (hand_ins / "Eve Evil" / forged).parent.mkdir(parents=True)
        (hand_ins / "Eve Evil" / forged).write_bytes(SOUP)
    else:
        (hand_ins / "Eve Evil.zip").write_bytes(zipped({forged: SOUP}))
    assert [row[0] for row in rows(collected())] == ["Bob Baker", "Eve Evil"]


@pytest.mark.parametrize("unpacked", [False, True])
def test_an_export_beside_a_single_learners_work_is_nobodys(
    unpacked: bool, hand_ins: Path, collected: Callable[[], Collection]
) -> None:
    members = {f"{MOODLE.format(each, each)}/01_soup.ipynb": SOUP for each in (101, 102)}
    (hand_ins / "late.zip").write_bytes(zipped({"01_soup.ipynb": SOUP}))
    if unpacked:
        for name, content in members.items():
            (hand_ins / "class" / name).parent.mkdir(parents=True)
            (hand_ins / "class" / name).write_bytes(content)
    else:
        (hand_ins / "class.zip").write_bytes(zipped(members))
    found = {each.learner: (each.status, each.reason) for each in collected().hand_ins}
    assert found["late"] == (None, "")
    status, reason = found["class"]
    assert status is Status.UNREADABLE
    assert "names of several people" in reason


def test_nobody_hands_in_for_somebody_else_inside_of_a_zip_file(
    hand_ins: Path, collected: Callable[[], Collection]
) -> None:
    forged = zipped({"Bob Baker_123_assignsubmission_file_/a.ipynb": SOUP})
    members = {"Bob Baker.zip": zipped({"a.ipynb": SOUP}), "Eve Evil.zip": forged}
    (hand_ins / "all.zip").write_bytes(zipped(members))
    assert [row[0] for row in rows(collected())] == ["Bob Baker", "Eve Evil"]


HOSTILE: list[tuple[str | zipfile.ZipInfo, str]] = [
    ("../01_soup.ipynb", "names a place outside"),
    ("a/../../01_soup.ipynb", "names a place outside"),
    ("/01_soup.ipynb", "names a place outside"),
    ("C:01_soup.ipynb", "names a place outside"),
    ("a\\01_soup.ipynb", "has a backslash"),
    ("bell\a.ipynb", "has control characters"),
    ("\u202egpj.ipynb", "has control characters"),
    ("x" * 300 + ".ipynb", "has an absurdly long name"),
    ("/".join("x" * 600) + ".ipynb", "has an absurdly long name"),
    ("/".join("x" * 30) + ".ipynb", "lies more than 20 folders deep"),
    (link("link.ipynb", stat.S_IFLNK), "is a link or a device"),
    (link("pipe.ipynb", stat.S_IFIFO), "is a link or a device"),
    (link("disk.zip", stat.S_IFBLK), "is a link or a device"),
]


def test_what_is_refused_is_refused_one_by_one(
    hand_ins: Path, collected: Callable[[], Collection], tmp_path: Path
) -> None:
    members: Members = [(name, SOUP) for name, _ in HOSTILE]
    members += [("good.ipynb", SOUP), ("twin.ipynb", b"old"), ("TWIN.ipynb", SOUP)]
    (hand_ins / "learner-1").mkdir()
    (hand_ins / "learner-1" / "work.zip").write_bytes(zipped(members))
    found = collected()
    bad = [each for each in found.hand_ins if each.status is Status.UNREADABLE]
    assert [each.file.rpartition("/")[2] for each in found.hand_ins if not each.status] == [
        "work.zip › TWIN.ipynb",
        "work.zip › good.ipynb",
    ]
    assert len(bad) == len(HOSTILE) + 1
    for _, reason in HOSTILE:
        assert any(reason in each.reason for each in bad), reason
    assert refused(found)["twin.ipynb"].startswith("has a twin of the same name")
    assert {each.learner for each in found.hand_ins} == {"learner-1"}
    assert not (tmp_path / "01_soup.ipynb").exists()
    assert all(each.file.isprintable() and len(each.file) <= 300 for each in bad)


def patched(content: bytes, offset: int, value: int) -> bytes:
    """The zip file with a number of two bytes changed in both headers of its only member."""
    data = bytearray(content)
    central = content.index(b"PK\x01\x02")
    struct.pack_into("<H", data, offset, value)
    struct.pack_into("<H", data, central + offset + 2, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: patched(content, 6, 1), "is encrypted"),
        (lambda content: patched(content, 8, 12), "is compressed in an unusual way"),
        (lambda content: content[:-30], "is not a whole zip file"),
        (lambda content: b"no zip", "is not a whole zip file"),
        (lambda content: b"", "is not a whole zip file"),
        (lambda content: zipped({}), "is an empty zip file"),
        (lambda content: content.replace(b"soup = 1", b"soup = 2", 1), "is damaged"),
        (lambda content: patched(content, 26, 3), "is not a whole zip file"),
    ],
)
def test_a_damaged_zip_file_is_a_row(
    damage: Callable[[bytes], bytes],
    reason: str,
    hand_ins: Path,
    collected: Callable[[], Collection],
) -> None:
    content = damage(zipped({"01_soup.ipynb": SOUP}, zipfile.ZIP_STORED))
    (hand_ins / "learner-1.zip").write_bytes(content)
    (hand_ins / "learner-2.ipynb").write_bytes(SOUP)
    first, second = collected().hand_ins
    assert (first.learner, first.status, second.status) == ("learner-1", Status.UNREADABLE, None)
    assert reason in first.reason


def test_bombs_are_stopped(
    hand_ins: Path, collected: Callable[[], Collection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "LARGEST", 100_000)
    monkeypatch.setattr(archive, "_LEAST_BUDGET", 250_000)
    monkeypatch.setattr(archive, "_GROWTH", 0)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 9)
    monkeypatch.setattr(archive, "_LARGEST_DIRECTORY", 10_000)
    large = {"a.ipynb": b" " * 100_001}
    many = {f"{number}.ipynb": b" " * 90_000 for number in range(4)}
    crowd = {str(number): b"" for number in range(10)}
    names = {f"{number}{'x' * 200}": b"" for number in range(60)}
    for name, members in {"a": large, "b": many, "c": crowd, "d": names}.items():
        (hand_ins / f"{name}.zip").write_bytes(zipped(members))
    liar = bytearray(zipped(large))
    for offset in (22, liar.index(b"PK\x01\x02") + 24):
        struct.pack_into("<I", liar, offset, 10)
    (hand_ins / "e.zip").write_bytes(liar)
    found = refused(collected())
    assert found["a.ipynb"] in {
        "is larger than 0 MB",
        "is damaged in its zip file: zip it once more",
    }
    assert found["3.ipynb"].startswith("was not unpacked: its zip file holds more than")
    assert found["c.zip"] == "has more than 9 members"
    assert found["d.zip"] == "has an absurdly long table of contents"


def test_a_damaged_zip_file_as_hand_ins_is_one_clear_line(
    hand_ins: Path, course: Course, tmp_path: Path
) -> None:
    export = hand_ins / "export.zip"
    export.write_bytes(b"no zip")
    with pytest.raises(GradingError, match=r"HANDINS: .*export\.zip is not a whole zip file"):
        collect(export, course, tmp_path)


def test_the_digest_is_that_of_the_bytes(
    hand_ins: Path, collected: Callable[[], Collection]
) -> None:
    (hand_ins / "a.ipynb").write_bytes(SOUP)
    (hand_ins / "b.zip").write_bytes(zipped({"01_soup.ipynb": SOUP}))
    (hand_ins / "c.ipynb").write_bytes(b"no notebook")
    (hand_ins / "d.zip").write_bytes(zipped([(link("01_soup.ipynb", stat.S_IFLNK), SOUP)]))
    digests = [each.digest for each in collected().hand_ins]
    assert digests[0] == digests[1] != digests[2]
    assert [len(digest) for digest in digests] == [64, 64, 64, 0]


SHAPES = st.sampled_from(["", "a", "b.ipynb", "01_soup.ipynb", "c.zip", "..", "C:", "x\\y", ".h"])
NAMES = st.lists(SHAPES, min_size=1, max_size=4).map("/".join) | st.text(min_size=1, max_size=20)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    entries=st.lists(
        st.tuples(
            NAMES,
            st.sampled_from([SOUP, b"", b"{}", b"PK\x05\x06" + bytes(18)]),
            st.integers(0, 2**32 - 1),
        ),
        max_size=6,
    ),
    flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=4),
)
@example(entries=[("01_soup.ipynb", SOUP, 0), ("\0", SOUP, 0)], flips=[])
def test_any_zip_file_makes_rows_or_is_ignored(
    entries: list[tuple[str, bytes, int]],
    flips: list[tuple[int, int]],
    hand_ins: Path,
    collected: Callable[[], Collection],
) -> None:
    members: Members = []
    for name, content, attributes in entries:
        info = zipfile.ZipInfo(name.encode(errors="replace").decode() or "x")
        info.external_attr = attributes
        members.append((info, content))
    content = bytearray(zipped(members))
    for place, value in flips:
        content[place % len(content)] = value
    (hand_ins / "learner-1.zip").write_bytes(content)
    (hand_ins / "learner-2.ipynb").write_bytes(SOUP)
    found = collected()
    assert any(each.file == "learner-2.ipynb" and each.status is None for each in found.hand_ins)
    assert all(_is_whole(each) for each in found.hand_ins)
    if not flips:
        files = sum(not name.endswith("/") for name, *_ in entries)
        assert len([each for each in found.hand_ins if each.file]) - 1 + found.ignored >= files


def _is_whole(hand_in: HandIn) -> bool:
    return bool(hand_in.learner) and (hand_in.status is None) == (hand_in.path is not None)
