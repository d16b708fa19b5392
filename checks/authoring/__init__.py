"""The maintainer's wing: one source per stage, both notebooks built from it, and its rules."""
