"""The gradebook: what became of every hand-in, kept in one SQLite file."""
