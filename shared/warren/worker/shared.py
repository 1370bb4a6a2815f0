"""What a worker process and its slot processes both look at, in a folder of their own."""

from pathlib import Path

from warren.worker.contact import Contact


class Shared:
    """`notice` names the providers to leave alone, `contact` when orders were surely heard."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notice = folder / "providers.json"
        self.contact = Contact(folder / "contact")

    @classmethod
    def found(cls, folder: str | None) -> "Shared | None":
        """In a slot process: what its parent shares, if it shares anything."""
        return cls(Path(folder)) if folder else None
