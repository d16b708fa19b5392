"""Upkeep of a learner's copy of the course: reset a notebook, update the course, find what is wrong."""
