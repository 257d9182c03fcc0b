"""The errors of evaluation.

InvalidTrace         bytes that are not a trace, or a trace that contradicts itself
InvalidRecording     bytes that are not a recording, or one that contradicts itself or its trace
VideoFailed          the video of an episode cannot be written
SurveyFailed         `kinitro evaluate` has no result that a table could show
EvaluatorUnavailable the processes that run episodes do not start
"""

from kinitro.errors import KinitroError, UnavailableError


class InvalidTrace(KinitroError, ValueError):
    """These bytes are not a trace, or the trace contradicts itself; the message says how."""


class InvalidRecording(KinitroError, ValueError):
    """These bytes are not a recording, or it contradicts itself or its trace; the message says how."""


class VideoFailed(UnavailableError):
    """The video of an episode cannot be written: no space, no permission, no encoder."""


class SurveyFailed(KinitroError):
    """No episode could be played, or some have no result because of faults of this machine; the message says why."""


class EvaluatorUnavailable(UnavailableError):
    """The processes or containers that run episodes do not start."""
