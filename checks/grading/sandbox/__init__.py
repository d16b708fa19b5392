"""A ladder of isolation around hand-ins: what this machine offers is tried, and what holds is told.

The grader calls `probe` once, `require` if it was asked to be strict, and `Sandbox.wrap` around the
command of each worker. A worker calls `Sandbox.settle` before anything else, and then, for each
hand-in, `Enclosure.fork`, and `Enclosure.enter` in the child, before it runs any line of a learner.
"""

from checks.grading.sandbox.enclosure import Enclosure
from checks.grading.sandbox.layer import Layer, Level
from checks.grading.sandbox.probe import probe
from checks.grading.sandbox.sandbox import Sandbox, require
from checks.grading.sandbox.view import View

__all__ = ["Enclosure", "Layer", "Level", "Sandbox", "View", "probe", "require"]
