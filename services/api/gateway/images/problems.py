"""What a request for pictures may name that is not there, and when there are no more today."""

from gateway.problems import Problem


class ImageNotFound(Problem):
    """The customer has no such picture."""

    status, name, title = 404, "image-not-found", "Image not found"


class DescriptionNotFound(Problem):
    """The customer has no such description of a book."""

    status, name, title = 404, "description-not-found", "Description not found"


class NothingToPicture(Problem):
    """The book has no description yet, or none at all."""

    status, name, title = 409, "nothing-to-picture", "There is nothing to picture"


class QuotaSpent(Problem):
    """The user has had as many pictures today as it may have."""

    status, name, title = 429, "image-quota-spent", "The day's pictures are used up"
