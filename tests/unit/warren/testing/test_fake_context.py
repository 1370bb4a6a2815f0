"""A context for calling `perform` remembers what the job asked for."""

import pytest

from tests.behaviour.service.actors import Conclude, Greet
from warren.client.errors import InvalidJob
from warren.contracts.intake import child_id
from warren.testing.worker import FakeContext


def test_children_are_kept_as_they_would_travel() -> None:
    context = FakeContext()

    first = context.spawn(Greet(name="Ada"), key="first", lane="low")
    context.spawn([Greet(name="Grace"), Greet(name="Joan")], then=Conclude())

    assert [child.payload["name"] for child in context.children] == ["Ada", "Grace", "Joan"]
    assert (context.children[0].kind, context.children[0].lane) == ("behaviour.greet", "low")
    assert first.id == child_id(context.task_id, context.children[0].key)


def test_a_key_makes_one_child() -> None:
    context = FakeContext()
    context.spawn(Greet(name="Ada"), key="same")

    with pytest.raises(InvalidJob, match="one key makes one task"):
        context.spawn(Greet(name="Grace"), key="same")
