#!/usr/bin/env bash
# Install torch and what stands on it (5 GB) into an environment of its own, .warren/torch, which also
# sees all of .venv; then run a command with its Python: deploy/setup/torch.sh -m pytest tests/torch
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"
PYTHON=.warren/torch/bin/python
WANTED=$(sha256sum requirements/torch.in | cut -c1-64)

if [[ $(cat .warren/torch/installed 2>/dev/null) != "$WANTED" ]]; then
    echo "setup: installing torch (gigabytes, once) …" >&2
    [[ -x $PYTHON ]] || .venv/bin/python -m venv .warren/torch
    "$PYTHON" - "$ROOT/.venv" <<'PYTHON_END'
import site, sys
from pathlib import Path

inside = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
Path(site.getsitepackages()[0], "venv.pth").write_text(
    f"import site; site.addsitedir({f'{sys.argv[1]}/{inside}'!r})\n"
)
PYTHON_END
    "$PYTHON" -m pip install --disable-pip-version-check --quiet --requirement requirements/torch.in
    echo "$WANTED" >.warren/torch/installed
fi
exec "$PYTHON" "$@"
