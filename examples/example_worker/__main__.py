"""`python -m example_worker …` is `warren worker example_worker …`."""

import sys

from warren.cli.main import main

if __name__ == "__main__":
    sys.argv[1:1] = ["worker", "example_worker"]
    main()
