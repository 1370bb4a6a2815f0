"""What can go wrong with pictures; the base class decides what becomes of the task."""

from warren.errors import ConfigurationError, PermanentError, RejectedInput, TransientError


class PictureNotReadable(RejectedInput):
    """The file is no picture of a supported kind, or is damaged."""


class PictureTooLarge(RejectedInput):
    """The picture has more bytes or pixels than one job may take into memory."""


class PictureTooSmall(RejectedInput):
    """The picture, or the face in it, has too few pixels to work with."""


class FaceNotFound(RejectedInput):
    """The picture shows no face that could be used, or not the one that was named."""


class FaceNotFrontal(RejectedInput):
    """The face is seen from the side: half of it is hidden."""


class OptionsDoNotFit(RejectedInput):
    """Two options of a job contradict each other."""


class ProviderNotConfigured(RejectedInput):
    """The provider that was asked for is not switched on here."""


class NothingToPaint(RejectedInput):
    """The prompt has no word or sign."""


class ProviderGaveNoPicture(PermanentError):
    """A provider answered, but without a picture; the message gives its reason."""


class ModelMissing(ConfigurationError):
    """The file of a model is not installed, or is not the one that was tested."""


class EngineFailed(TransientError):
    """An engine died, or refused a picture that it should be able to work on."""


class SubjectNotFound(RejectedInput):
    """Nothing in the picture could be cut out."""


class PromptRefused(RejectedInput):
    """A provider does not paint this prompt, and never will."""


class OutOfDeviceMemory(PermanentError):
    """The device has too little memory for this picture, also when it is used sparingly."""


class AnswerNotUnderstood(TransientError):
    """A language model answered something else than it was asked for."""


class DescriptionsNotReadable(RejectedInput):
    """The file of descriptions is none, or one of its lines is wrong."""


class NoPictureMade(PermanentError):
    """None of a task's pictures could be made."""
