"""Stage 7, the lunch rush: the set-up under load, in the background, over years and two databases."""

from checks.claim import FACT, MYTH, NO, YES
from checks.stage import open_stage
from checks.stages.production_tuning import claims, exercises

check, predict, quiz = open_stage("production_tuning", exercises, claims)

__all__ = ["FACT", "MYTH", "NO", "YES", "check", "predict", "quiz"]
