"""Stage 4, one ticket per guest: who opens a session, who closes it, and when."""

from checks.claim import FACT, MYTH, NO, YES
from checks.stage import open_stage
from checks.stages.engine_and_session import claims, exercises

check, predict, quiz = open_stage("engine_and_session", exercises, claims)

__all__ = ["FACT", "MYTH", "NO", "YES", "check", "predict", "quiz"]
