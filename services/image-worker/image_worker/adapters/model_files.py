"""The files of trained models: they lie in packages that are installed for them alone."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from image_worker.errors import ModelMissing


@dataclass(frozen=True)
class ModelFile:
    """A file inside a package (whose code is never imported), as it was when it was tested."""

    package: str
    path: str
    sha256: str

    @cached_property
    def file(self) -> Path:
        """Where it lies, checked once; raises ModelMissing."""
        file = self._folder() / self.path
        try:
            data = file.read_bytes()
        except OSError as error:
            raise ModelMissing(f"{file} cannot be read ({error}): run `make setup`") from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ModelMissing(
                f"{file} is not the model that was tested: run `make setup`, which installs "
                "requirements/models.txt"
            )
        return file

    def _folder(self) -> Path:
        # Of a top-level package this finds the folder without running any of its code.
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise ModelMissing(
                f"the package {self.package}, which holds {self.path}, is not installed: run "
                "`make setup`"
            )
        return Path(spec.submodule_search_locations[0])
