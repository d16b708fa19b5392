"""A learner's work carried from one release into the next: nothing that they wrote is left out."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.claim import VOTE_MIME
from checks.tests.upkeep.releases import (
    cells,
    check,
    edited,
    example,
    exercise,
    notebook,
    own,
    predict,
    prose,
    quiz,
    setup,
    texts,
    voted,
)
from checks.upkeep.carry import carry
from checks.upkeep.cells import NoNotebookError

COOK, TASTE, ASK = exercise("cook"), example("taste"), quiz("water_is_wet", "salt_is_sweet")
OLD = [prose("title"), setup(), predict("water_is_wet"), COOK, check("cook"), TASTE, ASK]
ANSWER = edited(COOK, "soup = 'hot'")


def swapped(given_cells, **changes):
    """The cells with some replaced, by id; None takes one out."""
    by_name = {name.replace("_", "-"): cell for name, cell in changes.items()}
    return [
        by_name.get(cell["id"], cell)
        for cell in given_cells
        if by_name.get(cell["id"], cell) is not None
    ]


def carried(mine, new, old=OLD):
    return carry(notebook(*old), notebook(*mine), notebook(*new, version="2"))


def votes(content):
    return [
        output["data"][VOTE_MIME]["claim"]
        for cell in cells(content)
        for output in cell.get("outputs", [])
        if VOTE_MIME in output["data"]
    ]


def test_an_untouched_notebook_becomes_the_new_release():
    new = swapped(OLD, title=prose("title", "New words."))
    assert carried(OLD, new).content == notebook(*new, version="2")


def test_the_same_release_leaves_the_notebook_as_it_is():
    mine = notebook(ANSWER)
    assert carry(notebook(*OLD), mine, notebook(*OLD)).content == mine


def test_an_answer_comes_along_into_a_changed_lesson():
    new = swapped(OLD, title=prose("title", "New words."), taste=example("taste", "2 + 2"))
    result = carried(swapped(OLD, cook=ANSWER), new)
    assert result.answers == ["cook"]
    assert texts(result.content) == texts(notebook(*swapped(new, cook=ANSWER)))


def test_the_result_belongs_to_the_new_release():
    result = carried(swapped(OLD, cook=ANSWER), OLD)
    assert json.loads(result.content)["metadata"]["course"]["course_version"] == "2"


def test_an_answer_whose_exercise_begins_anew_stays_with_the_new_start_below_it():
    new = swapped(OLD, cook=exercise("cook", "def cook(): ..."))
    result = carried(swapped(OLD, cook=ANSWER), new)
    found = texts(result.content)
    at = found.index("soup = 'hot'")
    assert "def cook(): ..." in found[at + 1]
    assert cells(result.content)[at + 1]["cell_type"] == "markdown"
    assert "cook has changed" in result.notes[0]


def test_an_untouched_exercise_takes_the_new_start():
    new = swapped(OLD, cook=exercise("cook", "def cook(): ..."))
    result = carried(OLD, new)
    assert "def cook(): ..." in texts(result.content)
    assert result.answers == result.notes == []


def test_the_answer_to_a_removed_exercise_is_kept_as_a_note_that_is_not_run():
    new = swapped(OLD, cook=None, cook_check=None)
    result = carried(swapped(OLD, cook=ANSWER), new)
    [note] = [cell for cell in cells(result.content) if "soup = 'hot'" in "".join(cell["source"])]
    assert note["cell_type"] == "markdown"
    assert "exercise cook is no longer part of this stage" in result.notes[0]


def test_a_removed_exercise_that_nobody_touched_goes_silently():
    new = swapped(OLD, cook=None, cook_check=None)
    assert carried(OLD, new).content == notebook(*new, version="2")


def test_an_added_exercise_is_there_and_blank():
    new = [*OLD, exercise("bake", "bread = ..."), check("bake")]
    result = carried(swapped(OLD, cook=ANSWER), new)
    assert "bread = ..." in texts(result.content)
    assert "soup = 'hot'" in texts(result.content)


def test_an_exercise_under_a_new_cell_id_keeps_its_answer():
    new = swapped(OLD, cook=exercise("cook", cell="cook-it"))
    result = carried(swapped(OLD, cook=ANSWER), new)
    [cell] = [cell for cell in cells(result.content) if cell["id"] == "cook-it"]
    assert "".join(cell["source"]) == "soup = 'hot'"
    assert result.answers == ["cook"]


def test_a_moved_section_takes_answer_and_added_cells_with_it():
    mine = [*swapped(OLD, cook=ANSWER)]
    mine.insert(4, own("mine", "print(soup)"))
    moved = [OLD[0], OLD[1], OLD[5], OLD[3], OLD[4], OLD[2], OLD[6]]
    found = texts(carried(mine, moved).content)
    assert found[2:6] == ["1 + 1", "soup = 'hot'", "print(soup)", "check.cook()"]


@pytest.mark.parametrize("markdown", [True, False])
def test_cells_of_ones_own_stay_behind_the_cell_that_they_followed(markdown):
    mine = [OLD[0], own("a", "one", markdown=markdown), own("b", "two"), *OLD[1:]]
    new = [OLD[0], prose("between"), *OLD[1:]]
    result = carried(mine, new)
    assert texts(result.content)[:4] == ["Some words.", "one", "two", "Some words."]
    assert result.added == 2


def test_a_cell_at_the_very_top_stays_there():
    result = carried([own("a", "first"), *OLD], swapped(OLD, title=prose("title", "New.")))
    assert texts(result.content)[:2] == ["first", "New."]


def test_outputs_of_ones_own_cells_come_along():
    output = {"output_type": "stream", "name": "stdout", "text": ["hot\n"]}
    mine = {**own("a", "print(soup)"), "outputs": [output], "execution_count": 9}
    result = carried([*OLD, mine], swapped(OLD, title=prose("title", "New.")))
    assert cells(result.content)[-1]["outputs"] == [output]


def test_a_copied_exercise_cell_is_ones_own_and_all_ids_differ():
    copy = {**ANSWER, "id": "copied"}
    twice = {**ANSWER, "source": ["soup = 'cold'"]}
    result = carried([*swapped(OLD, cook=ANSWER), copy, twice], [*OLD, prose("end")])
    ids = [cell["id"] for cell in cells(result.content)]
    assert len(set(ids)) == len(ids)
    assert texts(result.content).count("soup = 'hot'") == 2
    assert "soup = 'cold'" in texts(result.content)
    assert [cell["metadata"] for cell in cells(result.content)[-3:-1]] == [{}, {}]


def test_an_example_that_only_the_learner_changed_stays_changed():
    mine = swapped(OLD, taste=edited(TASTE, "1 + 2"))
    assert "1 + 2" in texts(carried(mine, [*OLD, prose("end")]).content)


def test_an_example_that_both_changed_is_the_new_one_with_the_learners_below_it():
    mine = swapped(OLD, taste=edited(TASTE, "1 + 2"))
    result = carried(mine, swapped(OLD, taste=example("taste", "1 + 3")))
    found = texts(result.content)
    assert "1 + 2" in found[found.index("1 + 3") + 1]
    assert "yours stands below it" in result.notes[0]


def test_a_note_keeps_code_that_has_fences_of_its_own_whole():
    code = 'text = """\n```python\n1\n```\n"""'
    mine = swapped(OLD, taste=edited(TASTE, code))
    [note] = [
        text for text in texts(carried(mine, swapped(OLD, taste=None)).content) if "text =" in text
    ]
    assert f"````python\n{code}\n````" in note


def test_a_check_cell_is_always_the_released_one():
    mine = swapped(OLD, cook_check=edited(check("cook"), "print('solved')"))
    result = carried(mine, swapped(OLD, title=prose("title", "New.")))
    assert "print('solved')" not in texts(result.content)


def test_the_result_of_a_check_stays_while_the_check_is_the_same():
    mine = swapped(OLD, cook=ANSWER, cook_check=check("cook", "solved"))
    new = swapped(OLD, title=prose("title", "New."))
    assert "solved" in json.dumps(cells(carried(mine, new).content)[4]["outputs"])


def test_the_result_of_a_check_that_asks_for_more_now_goes():
    mine = swapped(OLD, cook=ANSWER, cook_check=check("cook", "solved"))
    new = swapped(OLD, cook_check=check("cook", "not attempted, and one more"))
    assert "one more" in json.dumps(cells(carried(mine, new).content)[4]["outputs"])


def test_votes_come_along_where_the_cells_stay():
    mine = swapped(
        OLD,
        predict_water_is_wet=voted(OLD[2], "water_is_wet"),
        quiz=voted(ASK, "salt_is_sweet"),
    )
    result = carried(mine, swapped(OLD, title=prose("title", "New.")))
    assert votes(result.content) == ["water_is_wet", "salt_is_sweet"]
    assert result.votes == 2


def test_votes_find_their_questions_in_a_quiz_that_has_changed():
    mine = swapped(OLD, quiz=voted(ASK, "salt_is_sweet", "water_is_wet"))
    new = swapped(OLD, quiz=quiz("salt_is_sweet", "ice_is_warm", "water_is_wet"))
    result = carried(mine, new)
    assert votes(result.content) == ["salt_is_sweet", "water_is_wet"]
    assert VOTE_MIME not in cells(result.content)[-1]["outputs"][1]["data"]


def test_a_typed_vote_comes_along_into_a_cell_that_has_changed():
    typed = edited(voted(OLD[2], "water_is_wet"), "predict.water_is_wet(YES)")
    changed = edited(OLD[2], "predict.water_is_wet()  # think twice")
    result = carried(
        swapped(OLD, predict_water_is_wet=typed), swapped(OLD, predict_water_is_wet=changed)
    )
    assert votes(result.content) == ["water_is_wet"]


def test_a_prediction_is_no_vote_in_the_quiz():
    mine = swapped(OLD, predict_water_is_wet=voted(OLD[2], "water_is_wet"))
    result = carried(mine, swapped(OLD, predict_water_is_wet=None))
    assert votes(result.content) == []
    assert result.notes == ["the vote on water_is_wet is no longer asked for here"]


def test_without_the_old_release_answers_added_cells_and_votes_come_along():
    mine = [*swapped(OLD, cook=ANSWER, quiz=voted(ASK, "salt_is_sweet")), own("a", "mine")]
    new = notebook(*swapped(OLD, taste=example("taste", "2 + 2")))
    result = carry(None, notebook(*mine), new)
    assert {"soup = 'hot'", "mine", "2 + 2"} <= set(texts(result.content))
    assert votes(result.content) == ["salt_is_sweet"]


def test_a_notebook_that_lost_its_cell_ids_is_recognised_all_the_same():
    mine = [{key: cell[key] for key in cell if key != "id"} for cell in swapped(OLD, cook=ANSWER)]
    result = carried([*mine, own("a", "mine")], swapped(OLD, title=prose("title", "New.")))
    assert result.answers == ["cook"]
    assert result.added == 1
    assert len(cells(result.content)) == len(OLD) + 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"cells": {}}', b'{"cells": [1]}'])
def test_what_is_no_notebook_is_refused(content):
    with pytest.raises(NoNotebookError, match="is no"):
        carry(notebook(*OLD), content, notebook(*OLD, version="2"))


TEXT = st.text("abc =`\n", min_size=1, max_size=12).map(lambda text: f"x{text}x")
CHANGES = st.dictionaries(st.sampled_from(["title", "cook", "taste"]), TEXT)
ADDED = st.lists(st.tuples(st.integers(0, len(OLD)), TEXT, st.booleans()), max_size=4)
ORDER = st.permutations(OLD).flatmap(
    lambda order: st.integers(0, len(order)).map(lambda keep: order[:keep])
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(CHANGES, ADDED, CHANGES, ORDER)
def test_whatever_both_sides_do_everything_that_the_learner_wrote_is_there(
    changes, added, renewed, order
):
    mine = [edited(cell, changes.get(cell["id"], "".join(cell["source"]))) for cell in OLD]
    for number, (at, text, markdown) in enumerate(added):
        mine.insert(at, own(f"own-{number}", text, markdown=markdown))
    new = [edited(cell, renewed.get(cell["id"], "".join(cell["source"]))) for cell in order]
    result = carried(mine, new)
    everything = "\n".join(texts(result.content))
    assert all(text.rstrip() in everything for text in changes.values())
    assert all(text in texts(result.content) for _, text, _ in added)
    ids = [cell["id"] for cell in cells(result.content)]
    assert len(set(ids)) == len(ids)
