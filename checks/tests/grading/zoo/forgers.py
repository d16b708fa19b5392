"""Hand-ins of a real stage with wrong answers, that try to get points for them all the same.

Each is code that runs in the first exercise's cell, above a wrong answer.
"""

from __future__ import annotations

STAGE = "sqlalchemy_core_concepts"

_FORGED = b'{"key": "0", "said": {"kind": "found", "result": {"exercise": "open_the_kitchen", "outcome": "solved", "points": 3}}}\n'
_FOUND = '{"kind": "found", "result": {"exercise": "%s", "outcome": "solved", "points": 3}}'

# What the runner itself has to know stands somewhere in the same process.
_RUNNER = """
import os, sys
def known():
    frame, found = sys._getframe(), {}
    while frame is not None:
        here = frame.f_locals
        found = {name: here[name] for name in ("key", "pipe", "job") if name in here} | found
        frame = frame.f_back
    return found
def say(said):
    os.write(known()["pipe"], ('{"key": "%s", "said": %s}\\n' % (known()["key"], said)).encode())
"""

FORGERS = {
    "replaces a check": """
check.__dict__["_checks"]["open_the_kitchen"] = lambda *answers: None
""",
    "replaces the name of the checks": """
class Yes:
    def __getattr__(self, name):
        return lambda *answers, **given: None
check = Yes()
""",
    "replaces what a check calls": """
from checks.stages.sqlalchemy_core_concepts import exercises
exercises.open_the_kitchen.function.__code__ = (lambda open_kitchen: None).__code__
""",
    "lets every criterion hold": """
from checks import criterion
def leave(self, *error):
    self.holds = True
    attempt = criterion.attempt_under_way.get()
    attempt.criteria.append(criterion.CriterionResult("mine", criterion.State.HOLDS))
    return True
criterion.criterion.__exit__ = leave
""",
    "expects nothing": """
import sys
for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").startswith("checks.") and hasattr(module, "expect"):
        module.expect = lambda *condition, **belief: None
""",
    "changes the code of what is expected": """
from checks import criterion
criterion.expect.__code__ = (lambda condition, observed, *, belief=None: None).__code__
""",
    "changes the code of what is expected, and puts it right again": """
from checks import criterion
code = criterion.expect.__code__
criterion.expect.__code__ = (lambda condition, observed, *, belief=None: None).__code__
criterion.expect.__code__ = code
""",
    "changes what is believed where nothing is said": """
from checks import criterion
criterion.expect.__kwdefaults__ = {"belief": "anything"}
""",
    "changes the points of a result": """
from checks import result
result.CheckResult.points = property(lambda self: self.maximum)
""",
    "says that all is true": """
import builtins
builtins.all = lambda values: True
""",
    "replaces the test client and the engine": """
import fastapi.testclient, sqlalchemy
class Anything:
    def __init__(self, *arguments, **options): pass
    def __getattr__(self, name): return Anything()
    def __call__(self, *arguments, **options): return self
    def __eq__(self, other): return True
fastapi.testclient.TestClient = sqlalchemy.create_engine = Anything
""",
    "replaces JSON": """
import json
json.dumps = lambda *value, **options: '{"outcome": "solved"}'
""",
    "replaces the writing of results": """
import os
write = os.write
def better(number, data):
    write(number, bytes(data).replace(b'"not yet"', b'"solved"').replace(b'"points":0.0', b'"points":3.0'))
    return len(data)
os.write = better
""",
    "writes results on every descriptor": f"""
import os
for number in range(256):
    try:
        os.write(number, {_FORGED!r})
    except OSError:
        pass
""",
    "writes results with the key of the runner, out of turn": f"""{_RUNNER}
say('{_FOUND}' % "open_the_kitchen")
""",
    "calls those who wait for results": """
from checks.check import _observers
from checks.result import CheckResult, Outcome
solved = CheckResult("sqlalchemy_core_concepts", "open_the_kitchen", "mine", 3, Outcome.SOLVED)
def tell():
    for observer in list(_observers._observers):
        observer(solved)
tell()
import threading
threading.Timer(0.01, tell).start()
""",
    "calls those who wait for results, from within the check": """
from checks.check import _observers
from checks.result import CheckResult, Outcome
class path(str):
    pass
def tell():
    solved = CheckResult("sqlalchemy_core_concepts", "open_the_kitchen", "mine", 3, Outcome.SOLVED)
    for observer in list(_observers._observers):
        observer(solved)
""",
    "hooks into imports": """
import sys
class Hook:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None
sys.meta_path.insert(0, Hook)
""",
    "replaces a module": """
import sys, types
fake = types.ModuleType("checks.exercise")
fake.__getattr__ = lambda name: (lambda *arguments, **options: None)
sys.modules["checks.exercise"] = fake
""",
    "transforms the code of cells": """
import ast
class Strip(ast.NodeTransformer):
    def visit_Expr(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Strip())
""",
    "transforms the text of cells": """
get_ipython().input_transformers_post.append(lambda lines: ["pass\\n"])
""",
    "traces the checks and changes what they see": """
import ctypes, sys
def tracer(frame, event, argument):
    if frame.f_code.co_name == "expect":
        frame.f_locals["condition"] = True
        if sys.version_info < (3, 13):
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
sys.settrace(tracer)
""",
    "profiles the checks and changes what they see": """
import ctypes, sys
def profiler(frame, event, argument):
    if event == "call" and frame.f_code.co_name == "expect":
        frame.f_locals["condition"] = True
        if sys.version_info < (3, 13):
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
sys.setprofile(profiler)
""",
    "takes the known wrong answers away": """
import gc
for thing in gc.get_objects():
    if type(thing).__name__ == "Job":
        object.__setattr__(thing, "canaries", ())
""",
    "stands between the checks and who waits for results": """
from dataclasses import replace
from checks.check import _observers
from checks.result import Outcome
class Between(list):
    def append(self, observer):
        super().append(lambda result: observer(replace(result, outcome=Outcome.SOLVED)))
    def remove(self, observer):
        self.clear()
_observers._observers = Between()
""",
    "makes every draw the same": """
import random
drawing = random.Random
random.Random = lambda seed=None: drawing(1)
""",
    "traces a check, and stops in time": """
import ctypes, sys
def tracer(frame, event, argument):
    if frame.f_code.co_name == "expect":
        frame.f_locals["condition"] = True
        if sys.version_info < (3, 13):
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    if frame.f_code.co_name == "broken":
        sys.settrace(None)
def tell():
    sys.settrace(tracer)
""",
    "answers questions after the cell from its hooks": """
get_ipython().events.register("post_run_cell", lambda result: setattr(result, "error_in_exec", None))
get_ipython().events.register("pre_run_cell", lambda info: get_ipython().user_ns.update(check=None))
""",
    "plays the checks from a hook before the cell": """
from checks.check import _observers
from checks.result import CheckResult, Outcome
class Yes:
    def __getattr__(self, name):
        return lambda *_: _observers.tell(CheckResult("", name, "", 9, Outcome.SOLVED))
shell = get_ipython()
shell.events.register("pre_run_cell", lambda _: shell.user_ns.update(check=Yes()))
""",
    "changes what is expected before each cell, and puts it right after it": """
from checks.stages.sqlalchemy_core_concepts import exercises
true, events = exercises.expect, get_ipython().events
events.register("pre_run_cell", lambda _: setattr(exercises, "expect", lambda *_, **__: None))
events.register("post_run_cell", lambda _: setattr(exercises, "expect", true))
""",
    "runs the cells itself": """
shell = get_ipython()
run = shell.run_cell_async
shell.run_cell_async = lambda source, **rest: run("check = lambda *_: None", **rest)
""",
    "lets what fails hold": """
from checks.result import State
type.__setattr__(State, "FAILS", State.HOLDS)
""",
}

OF_NO_USE = {
    "replaces the name of the checks",
    "replaces a module",
    "transforms the code of cells",
    "transforms the text of cells",
    "answers questions after the cell from its hooks",
    "plays the checks from a hook before the cell",
    "changes what is expected before each cell, and puts it right after it",
    "runs the cells itself",
}
"""What these change is put right before it matters, or nobody asks for it: they are graded as they are."""

PERMISSIVE = """
class Yes(int):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    __hash__ = int.__hash__

def find_price(connection, name):
    return Yes(7)
"""

# The checks run in the process of the hand-in: whoever writes such code against this very runner, and
# reaches its live objects, gets what he asks for.
KNOWN_GAPS = {
    "plays the runner to its end and leaves": f"""{_RUNNER}
def tell():
    exercises = [
        "open_the_kitchen", "ask_the_pantry", "core_round_trip",
        "first_model", "add_and_commit", "one_identity",
    ]
    for number, exercise in enumerate(exercises):
        if number:
            say('{{"kind": "begins", "cell": %d}}' % (2 * number + 2))
            say('{{"kind": "begins", "cell": %d}}' % (2 * number + 3))
        say('{_FOUND}' % exercise)
    say('{{"kind": "begins", "cell": 14}}')
    for canary in known()["job"].canaries:
        say('{{"kind": "tried", "exercise": "%s", "passed": false}}' % canary.exercise)
    say('{{"kind": "done"}}')
    os._exit(0)
""",
    "gives the runner a method of its own": """
import gc
from checks.grading.messages import ExerciseResult
from checks.result import Outcome
for thing in gc.get_objects():
    if type(thing).__name__ == "Reporter":
        thing._result = lambda cell, error: ExerciseResult(cell.exercise, Outcome.SOLVED, 2)
""",
    "keeps the list of a check's criteria itself": """
from dataclasses import replace
from checks import criterion
from checks.result import State
class Holding(list):
    def append(self, each):
        super().append(replace(each, state=State.HOLDS))
def tell():
    attempt = criterion.attempt_under_way.get()
    attempt.criteria = Holding(attempt.criteria)
""",
}
