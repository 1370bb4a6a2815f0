"""`python -m tts_worker …` is `warren worker tts_worker …`."""

import sys

from warren.cli.main import main

if __name__ == "__main__":
    sys.argv[1:1] = ["worker", "tts_worker"]
    main()
