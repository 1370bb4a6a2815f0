"""What can go wrong; the base class decides what becomes of the task (warren.errors)."""

from warren.errors import PermanentError, RejectedInput, TransientError, Unavailable


class NoChatbot(Unavailable):
    """It is not known where the chatbot is."""


class AnswerNotUnderstood(TransientError):
    """The chatbot answered what the contract does not know."""


class FileRefused(RejectedInput):
    """No text can be had from the file; the base of all reasons."""


class UnknownFormat(FileRefused):
    """The content is none of the formats that are read."""


class BrokenFile(FileRefused):
    """The content has the marks of a format, and is not well-formed."""


class EncryptedFile(FileRefused):
    """A password is needed."""


class TooLarge(FileRefused):
    """The file, or what is packed in it, exceeds a bound."""


class NoText(FileRefused):
    """There is nothing to read in it."""


class RowsRefused(PermanentError):
    """The rows of an import are not what the gateway writes."""


class GatewayNotRead(TransientError):
    """The gateway does not say what there is."""


class PageRefused(RejectedInput):
    """The page is not given to us, or must not be fetched."""


class PageFailed(TransientError):
    """The page could not be had this time."""


class ReceiverFailed(TransientError):
    """A webhook's receiver did not take the message this time."""


class ReceiverGone(RejectedInput):
    """A webhook's receiver wants no more messages (410)."""


class DeliveryGivenUp(RejectedInput):
    """A webhook's receiver has not taken the message in any of its attempts."""
