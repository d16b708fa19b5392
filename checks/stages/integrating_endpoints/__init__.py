"""Stage 5, waiter meets chef: how an endpoint gets its session, and what it may do with it."""

from checks.claim import FACT, MYTH, NO, YES
from checks.stage import open_stage
from checks.stages.integrating_endpoints import claims, exercises

check, predict, quiz = open_stage("integrating_endpoints", exercises, claims)

__all__ = ["FACT", "MYTH", "NO", "YES", "check", "predict", "quiz"]
