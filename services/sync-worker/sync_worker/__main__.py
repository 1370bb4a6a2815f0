"""`python -m sync_worker …` is `warren worker sync_worker …`."""

import sys

from warren.cli.main import main

if __name__ == "__main__":
    sys.argv[1:1] = ["worker", "sync_worker"]
    main()
