"""`python -m checks` is the same as `course`."""

from checks.cli import main

main()
