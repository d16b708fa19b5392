"""A hand-in aligned with the released notebook: which cells to run, in which order.

The released notebook decides: its order, its set-up and check cells. The hand-in gives the exercise
cells, wherever they are and whatever happened to them, and the code cells that the learner added, each
behind the cell that it followed. Examples, demos, predictions and quizzes are not run unless asked for,
or unless the learner's code takes a name from them.
"""

from checks.grading.repair.pipeline import STEPS, Repaired, repair
from checks.grading.repair.release import Release, read_releases

__all__ = ["STEPS", "Release", "Repaired", "read_releases", "repair"]
