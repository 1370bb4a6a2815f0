"""`python -m image_worker …` is `warren worker image_worker …`."""

import sys

from warren.cli.main import main

if __name__ == "__main__":
    sys.argv[1:1] = ["worker", "image_worker"]
    main()
