"""Stage 3, the recipe book: how a class becomes a table, and an object a row."""

from checks.claim import FACT, MYTH, NO, YES
from checks.stage import open_stage
from checks.stages.database_models import claims, exercises

check, predict, quiz = open_stage("database_models", exercises, claims)

__all__ = ["FACT", "MYTH", "NO", "YES", "check", "predict", "quiz"]
