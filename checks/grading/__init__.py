"""The instructor's wing: collect → repair → run → record → report, a file or a package each."""
