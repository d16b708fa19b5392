"""Stage 2, the chef: engine, session and model, what each is and how they hang together."""

from checks.claim import FACT, MYTH, NO, YES
from checks.stage import open_stage
from checks.stages.sqlalchemy_core_concepts import claims, exercises

check, predict, quiz = open_stage("sqlalchemy_core_concepts", exercises, claims)

__all__ = ["FACT", "MYTH", "NO", "YES", "check", "predict", "quiz"]
