"""Stage 6, the bill: changes that happen wholly or not at all."""

from checks.claim import FACT, MYTH, NO, YES
from checks.stage import open_stage
from checks.stages.transactions_and_errors import claims, exercises

check, predict, quiz = open_stage("transactions_and_errors", exercises, claims)

__all__ = ["FACT", "MYTH", "NO", "YES", "check", "predict", "quiz"]
