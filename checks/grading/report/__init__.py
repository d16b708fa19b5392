"""The report of a grading: a table, a document for programs, a page per learner, one for the class.

The same gradebook gives the same bytes: no times, no paths of this machine.
"""
