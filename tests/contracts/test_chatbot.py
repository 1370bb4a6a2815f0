"""The HTTP contract that downstream chatbots implement is on record, as wire shapes are.

To record a change that is meant: WARREN_UPDATE_SNAPSHOTS=1 python -m pytest tests/contracts
"""

import json
import os
from pathlib import Path

from chatbot.app import make_app

RECORD = Path(__file__).parents[2] / "examples" / "chatbot" / "openapi.json"


def test_the_chatbots_openapi_document_is_on_record() -> None:
    document = make_app(":memory:").openapi()
    if os.environ.get("WARREN_UPDATE_SNAPSHOTS") == "1":
        RECORD.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")

    assert document == json.loads(RECORD.read_text())
