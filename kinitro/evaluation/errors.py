"""Errors of evaluation.

InvalidTrace         bytes that are not a trace, or a trace that contradicts itself
InvalidRecording     bytes that are not a recording, or one that contradicts itself or its trace
EvaluatorUnavailable the processes that run episodes do not start
"""

from kinitro.errors import KinitroError, UnavailableError


class InvalidTrace(KinitroError, ValueError):
    """These bytes are not a trace, or the trace contradicts itself; the message says how."""


class InvalidRecording(KinitroError, ValueError):
    """These bytes are not a recording, or it contradicts itself or its trace; the message says how."""


class EvaluatorUnavailable(UnavailableError):
    """The processes or containers that run episodes do not start."""
