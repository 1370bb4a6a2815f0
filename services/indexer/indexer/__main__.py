"""`python -m indexer …` is `warren worker indexer …`."""

import sys

from warren.cli.main import main

if __name__ == "__main__":
    sys.argv[1:1] = ["worker", "indexer"]
    main()
