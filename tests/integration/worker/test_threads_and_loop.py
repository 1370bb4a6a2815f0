"""Jobs in threads and async jobs: the same promises, the same tests."""

import pytest

from tests.integration.worker.job_behaviour import JobBehaviour

pytestmark = pytest.mark.rabbitmq


class TestJobsInThreads(JobBehaviour):
    acts, limited, hangs = "sample.act", "sample.limited", "sample.hang"


class TestJobsInTheLoop(JobBehaviour):
    acts, limited, hangs = "sample.loop", "sample.loop_limited", "sample.loop_hang"
