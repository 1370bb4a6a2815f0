"""`python -m nlp_worker …` is `warren worker nlp_worker …`."""

import sys

from warren.cli.main import main

if __name__ == "__main__":
    sys.argv[1:1] = ["worker", "nlp_worker"]
    main()
