"""What can go wrong; the base class decides what becomes of the task (warren.errors)."""

from warren.errors import PermanentError, RejectedInput, TransientError, Unavailable


class IndexUnavailable(Unavailable):
    """The search index cannot be reached, is overloaded or takes no writes for now."""


class IndexFailed(TransientError):
    """The search index was reached and did not do what it should."""


class IndexRefused(PermanentError):
    """The search index understood the request and will refuse it every time."""


class DocumentRefused(RejectedInput):
    """The search index does not take this document, whenever it is sent."""


class BulkNotReadable(RejectedInput):
    """A line of a bulk's file is not what it should be."""


class VectorDoesNotFit(PermanentError):
    """The embedding provider answers with vectors that the index cannot hold."""


class TooManyQuestions(Unavailable):
    """So many questions wait for callers' embedding providers that another one may not."""


class QuestionNotUnderstood(RejectedInput):
    """A search cannot be done as it was asked for."""
