"""A notebook file is untrusted: whatever it holds, it is read or refused with a reason."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.claim import VOTE_MIME
from checks.grading import notebook as module
from checks.grading.notebook import (
    MOST_CODE,
    Notebook,
    UnreadableNotebookError,
    Vote,
    parse_notebook,
    read_notebook,
)


def parse(raw: Any) -> Notebook:
    return parse_notebook(json.dumps(raw).encode())


def voted(data: Any) -> dict[str, Any]:
    return {"outputs": [{"output_type": "display_data", "data": {VOTE_MIME: data}}]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"cells": [{"cell_ty', "is not whole JSON"),
        (b"", "is not whole JSON"),
        (b"[" * 100_000, "is not whole JSON"),
        ('{"cells": [{}]}'.encode("utf-16"), "is not UTF-8 text"),
        (b"[1, 2]", "its JSON is not an object"),
        (b"{}", "has no cells"),
        (b'{"cells": []}', "has no cells"),
        (b'{"cells": {"a": 1}}', "has no cells"),
    ],
)
def test_what_is_no_notebook_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableNotebookError, match=reason):
        parse_notebook(content)


def test_an_absurdly_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 1000)
    path = tmp_path / "large.ipynb"
    path.write_text(json.dumps({"cells": [{"source": "x" * 1000}]}))
    with pytest.raises(UnreadableNotebookError, match="is larger than"):
        read_notebook(path)


def test_absurdly_much_code_is_refused_and_a_large_picture_is_not() -> None:
    text = "x" * (MOST_CODE // 2 + 1)
    picture = {"cell_type": "markdown", "source": f"![](data:image/png;base64,{text}{text})"}
    parse({"cells": [{"cell_type": "code", "source": text}, picture]})
    with pytest.raises(UnreadableNotebookError, match="more than 1,000,000 characters of code"):
        parse({"cells": [{"cell_type": "code", "source": text}] * 2})


def test_a_byte_order_mark_is_no_damage() -> None:
    assert parse_notebook(b'\xef\xbb\xbf{"cells": [{"source": "1"}]}').cells[0].source == "1"


@pytest.mark.parametrize(
    ("source", "text"),
    [("a\nb", "a\nb"), (["a\n", "b"], "a\nb"), (["a", None, 3], "a"), (None, ""), ({"a": 1}, "")],
)
def test_a_source_is_a_string_or_a_list_of_strings(source: Any, text: str) -> None:
    assert parse({"cells": [{"cell_type": "code", "source": source}]}).cells[0].source == text


def test_the_last_vote_on_a_claim_counts_however_many_came_before() -> None:
    asked = [{"claim": f"claim_{number}", "asked": "quiz", "vote": "yes"} for number in range(300)]
    cells = [voted(vote) for vote in [*asked, {**asked[0], "vote": "no"}]]
    votes = parse({"cells": cells}).votes
    assert votes[-1] == Vote("claim_0", "quiz", "no")
    assert len(votes) == len({vote.claim for vote in votes}) == 200


def test_votes_are_read_from_the_decided_cards() -> None:
    vote = {"claim": "flush_is_commit", "asked": "predict", "vote": "yes"}
    assert parse(
        {"cells": [voted(vote), voted({**vote, "asked": "quiz", "vote": "no"})]}
    ).votes == (
        Vote("flush_is_commit", "predict", "yes"),
        Vote("flush_is_commit", "quiz", "no"),
    )


@pytest.mark.parametrize(
    "data",
    [
        "yes",
        None,
        {},
        {"claim": 1, "asked": "quiz", "vote": "no"},
        {"claim": "a", "asked": "quiz", "vote": "?"},
    ],
)
def test_what_is_no_vote_is_passed_over(data: Any) -> None:
    assert parse({"cells": [voted(data)]}).votes == ()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "source", "metadata", "course", "stage", "outputs", "data", VOTE_MIME]
            )
            | st.text(max_size=3),
            children,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.binary())
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    _read_or_refuse(content)


@given(anything | st.fixed_dictionaries({"cells": st.lists(anything), "metadata": anything}))
def test_any_json_is_read_or_refused(raw: Any) -> None:
    _read_or_refuse(json.dumps(raw).encode())


def _read_or_refuse(content: bytes) -> None:
    with suppress(UnreadableNotebookError):
        assert parse_notebook(content).cells
