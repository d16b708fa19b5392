"""Drawn data differs each time, and reads the same each time."""

import random

from hypothesis import given
from hypothesis import strategies as st

from checks.fresh import Draw


def test_two_draws_differ():
    assert Draw().word("name") != Draw().word("name")


def test_the_state_of_the_random_module_is_left_alone():
    before = random.getstate()
    Draw().number("price")
    assert random.getstate() == before


@given(st.integers())
def test_what_was_drawn_reads_as_its_label(seed):
    draw = Draw(seed)
    name, price = draw.word("name"), draw.number("price")
    said = draw.mask(
        f"Welcome, {name}! That is {price}, {name.upper()}, but not {price}1 or x{name}."
    )
    assert said == f"Welcome, ‹name›! That is ‹price›, ‹name›, but not {price}1 or x{name}."


@given(st.integers())
def test_no_two_drawn_values_are_the_same(seed):
    draw = Draw(seed)
    values = [draw.number(f"number {at}") for at in range(300)]
    assert len(set(values)) == 300
