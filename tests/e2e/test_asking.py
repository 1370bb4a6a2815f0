"""A script outside of the system asks for speech, knowing only `.warren/stack.json`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from warren.client import sql
from warren.client.gateway_client import GatewayClient
from warren.client.handle import TaskHandle
from warren.contracts.speech import Speech, SynthesizeSpeech
from warren.stack.stack import Stack

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

SCRIPT = """
import json
from datetime import UTC, datetime, timedelta

from tts_worker.actors import SynthesizeSpeechWorker
from warren.client import TaskHandle

now = SynthesizeSpeechWorker.perform_async(text="Hello from outside.")
soon = SynthesizeSpeechWorker.perform_in(0.5, text="A little later.")
past = SynthesizeSpeechWorker.perform_at(datetime(2001, 1, 1, tzinfo=UTC), text="At once.")
many = SynthesizeSpeechWorker.perform_bulk({"text": f"Number {n}."} for n in range(5))
never = SynthesizeSpeechWorker.perform_at(datetime.now(UTC) + timedelta(days=1), text="Never.")
handles = [TaskHandle(str(handle.id)) for handle in [now, soon, past]]
results = [handle.wait(timeout=120) for handle in handles]
results += [handle.wait(timeout=120).model_dump(mode="json") for handle in many]
print(json.dumps({"results": results, "never": never.cancel().status}))
"""


def test_a_script_asks_waits_and_cancels(stack: Stack, tmp_path: Path) -> None:
    # Given the address and the key, as the running stack has written them down
    described = json.loads(stack.folder.descriptor.read_text())
    environment = {
        **os.environ,
        "WARREN_URL": described["gateway_url"],
        "WARREN_API_KEY": described["api_key"],
    }
    # When a script of somebody's asks for speech
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    # Then it has eight files, and no ninth
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    speeches = [Speech.model_validate(result) for result in said["results"]]
    assert len({speech.artifact_id for speech in speeches}) == 8
    assert all(speech.duration_seconds > 0 for speech in speeches)
    assert said["never"] == "cancelled"


def test_a_task_of_somebodys_own_transaction_is_spoken(stack: Stack) -> None:
    described = stack.descriptor
    client = GatewayClient(described.gateway_url, described.api_key)
    try:
        with psycopg.connect(described.database_url) as connection:
            ((customer,),) = connection.execute("SELECT customer_id FROM api_keys LIMIT 1")
            handle = sql.enqueue(
                connection,
                SynthesizeSpeech(text="As part of an order."),
                customer=UUID(str(customer)),
            )

        assert TaskHandle(handle.id, client, Speech).wait(timeout=120).duration_seconds > 0
    finally:
        client.close()
