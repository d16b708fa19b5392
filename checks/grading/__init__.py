"""The instructor's wing: collect → repair → run → record → report, one file each."""
