"""Where a stack keeps its state: everything lies in `.warren/` of one checkout."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StackFolder:
    """The paths below one `.warren` folder; `path` is absolute."""

    path: Path

    @classmethod
    def of(cls, root: Path) -> "StackFolder":
        """The folder of the checkout (or any other folder) `root`."""
        return cls(root.resolve() / ".warren")

    @property
    def lock(self) -> Path:
        """Held by the process that runs the stack."""
        return self.path / "stack.lock"

    @property
    def descriptor(self) -> Path:
        """What scripts need to know; exists as long as the stack runs."""
        return self.path / "stack.json"

    @property
    def api_key(self) -> Path:
        """The key of the first customer, made at the first start."""
        return self.path / "api_key"

    def secret(self, name: str) -> Path:
        """The secret by which others are let in to the program `name`."""
        return self.path / "secrets" / name

    @property
    def ports(self) -> Path:
        """The ports that were chosen, so that a restart keeps its addresses."""
        return self.path / "ports.json"

    @property
    def artifacts(self) -> Path:
        """The artifact store."""
        return self.path / "artifacts"

    @property
    def postgres(self) -> Path:
        """Everything of the embedded database."""
        return self.path / "postgres"

    @property
    def rabbitmq(self) -> Path:
        """Everything of the private broker."""
        return self.path / "rabbitmq"

    @property
    def demo(self) -> Path:
        """The audio files that the demonstration made."""
        return self.path / "demo"

    @property
    def logs(self) -> Path:
        """One log for each program."""
        return self.path / "logs"

    def log(self, name: str) -> Path:
        """The log of one program."""
        return self.logs / f"{name}.log"
