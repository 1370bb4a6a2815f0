"""What a request for documents may name that is not there, or cannot be used."""

from gateway.problems import Problem


class DocumentNotFound(Problem):
    """The customer has no such document."""

    status, name, title = 404, "document-not-found", "Document not found"


class SourceNotFound(Problem):
    """None of the customer's documents is of this source."""

    status, name, title = 404, "source-not-found", "Source not found"


class TooManyMoved(Problem):
    """The chatbot may have too many documents of the source under other ones."""

    status, name, title = 409, "too-many-moved", "Too many documents have moved"


class UnusableUrl(Problem):
    """No address of a public web server, as far as can be told without asking it."""

    status, name, title = 400, "unusable-url", "The URL cannot be used"


class UnusableFile(Problem):
    """Empty, of no known format, or not what its name says."""

    status, name, title = 422, "unusable-file", "The file cannot be used"
