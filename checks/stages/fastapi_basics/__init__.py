"""Stage 1, the waiter: how FastAPI takes a request and gives an answer."""

from checks.claim import FACT, MYTH, NO, YES
from checks.stage import open_stage
from checks.stages.fastapi_basics import claims, exercises

check, predict, quiz = open_stage("fastapi_basics", exercises, claims)

__all__ = ["FACT", "MYTH", "NO", "YES", "check", "predict", "quiz"]
