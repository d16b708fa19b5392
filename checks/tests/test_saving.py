"""A notebook of the course is saved without buttons, and with everything else that is in it."""

import copy

import pytest

from checks.display import WIDGET_MIME
from checks.saving import leave_buttons_out

CARD = {"text/plain": "? Fact or myth?", "text/html": "<p>Fact or myth?</p>"}
BUTTONS = {WIDGET_MIME: {"model_id": "a"}}
WIDGET_OF_THE_LEARNER = {"text/plain": "IntSlider(value=0)", **BUTTONS}
PRINTED = {"output_type": "stream", "name": "stdout", "text": "soup"}


def notebook(*outputs, metadata):
    cells = [
        {"cell_type": "markdown", "source": "Soup."},
        {"cell_type": "code", "source": "quiz()", "outputs": list(outputs)},
    ]
    return {"type": "notebook", "content": {"cells": cells, "metadata": metadata}}


def shown(data):
    return {"output_type": "display_data", "data": data, "metadata": {}}


def saved(model):
    model = copy.deepcopy(model)
    leave_buttons_out(model=model, path="notebooks/01.ipynb", contents_manager=None)
    return model


def test_the_card_of_a_question_is_saved_without_its_buttons():
    open_question = notebook(shown({**CARD, **BUTTONS}), metadata={"course": {}})
    assert saved(open_question) == notebook(shown(CARD), metadata={"course": {}})


@pytest.mark.parametrize(
    "model",
    [
        notebook(shown(CARD), PRINTED, metadata={"course": {}}),
        notebook(shown(WIDGET_OF_THE_LEARNER), metadata={"course": {}}),
        notebook(shown({**CARD, **BUTTONS}), metadata={}),
        {"type": "file", "content": "soup"},
        {"type": "directory"},
    ],
    ids=["no buttons", "a widget of the learner's", "another notebook", "a file", "a folder"],
)
def test_anything_else_is_saved_as_it_is(model):
    assert saved(model) == model
