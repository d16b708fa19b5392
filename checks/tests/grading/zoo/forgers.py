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
def say(said):
    frame, key, pipe = sys._getframe(), "", -1
    while frame is not None:
        key, pipe = frame.f_locals.get("key", key), frame.f_locals.get("pipe", pipe)
        frame = frame.f_back
    os.write(pipe, ('{"key": "%s", "said": %s}\\n' % (key, said)).encode())
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
    "looks for the objects of the runner": """
import gc
for thing in gc.get_objects():
    if type(thing).__name__ == "Reporter":
        thing._result = lambda cell, error: None
    if type(thing).__name__ == "Job":
        object.__setattr__(thing, "canaries", ())
""",
    "answers questions after the cell from its hooks": """
get_ipython().events.register("post_run_cell", lambda result: setattr(result, "error_in_exec", None))
get_ipython().events.register("pre_run_cell", lambda info: get_ipython().user_ns.update(check=None))
""",
}

OF_NO_USE = {
    "replaces the name of the checks",
    "replaces a module",
    "transforms the code of cells",
    "transforms the text of cells",
    "answers questions after the cell from its hooks",
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

# It plays the rest of the run to its end and leaves before the runner can speak. The checks run in the
# process of the hand-in: whoever writes such code against this very runner gets what he asks for.
PLAYS_THE_RUNNER = f"""{_RUNNER}
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
    say('{{"kind": "done"}}')
    os._exit(0)
"""
