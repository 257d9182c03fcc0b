"""What must not change when code moves: recorded once, compared by tests/unit/test_golden.py.

`python -m tests.golden` writes the records anew; a change of them belongs into the commit that intends it.
"""
