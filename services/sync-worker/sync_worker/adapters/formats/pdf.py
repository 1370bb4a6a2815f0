"""PDF files, page by page."""

from collections.abc import Iterator
from pathlib import Path

from pypdf import PdfReader

from sync_worker.errors import EncryptedFile, TooLarge

MAX_PAGES = 5_000


def text_of_pdf(path: Path, field: str) -> Iterator[str]:
    """The text of each page; raises EncryptedFile and TooLarge, and what pypdf raises."""
    with PdfReader(path, strict=False) as reader:
        # Many are encrypted with an empty password, only against being edited.
        if reader.is_encrypted and not reader.decrypt(""):
            raise EncryptedFile("the PDF is protected by a password", field=field)
        if len(reader.pages) > MAX_PAGES:
            raise TooLarge(f"it has {len(reader.pages)} pages, {MAX_PAGES} at most", field=field)
        for page in reader.pages:
            yield page.extract_text()
