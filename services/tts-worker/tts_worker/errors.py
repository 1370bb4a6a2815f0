"""What can go wrong while a text becomes speech."""

from warren.errors import RejectedInput, TransientError


class VoiceNotFound(RejectedInput):
    """No engine has a voice of this name."""


class VoiceDoesNotFitLanguage(RejectedInput):
    """The voice exists, and speaks another language."""


class LanguageNotSupported(RejectedInput):
    """No engine has a voice for this language."""


class NothingToSpeak(RejectedInput):
    """The text has no word, number or sign that the voice could say."""


class TextNotReadable(RejectedInput):
    """The file is not UTF-8 text."""


class TextTooLong(RejectedInput):
    """The file holds more text than one job may speak."""


class EngineFailed(TransientError):
    """A speech engine died, hung or refused a text that it should be able to speak."""


class ScratchSpaceFailed(TransientError):
    """The audio could not be written to this machine's temporary folder."""
