"""Making the index that an alias stands for, when a write has found none behind it."""

from collections.abc import Mapping
from typing import Any

import structlog
from elasticsearch import Elasticsearch

from indexer.adapters.elasticsearch_calls import Calls, error_type
from indexer.adapters.elasticsearch_mapping import versioned
from indexer.errors import IndexRefused

_THERE = "resource_already_exists_exception"
_log = structlog.get_logger("indexer")


def make_index(client: Elasticsearch, calls: Calls, alias: str, body: Mapping[str, Any]) -> None:
    """Make the index of today's mapping with its alias, unless another process was quicker.

    An index that is there without the alias (restored from a snapshot, say) gets it. Raises
    IndexUnavailable if the cluster takes neither, as only an operator can mend that.
    """
    name = versioned(alias)
    try:
        with calls.calling(f"making the index {name}"):
            client.indices.create(index=name, wait_for_active_shards=1, **body)
    except IndexRefused as error:
        if error_type(getattr(error.__cause__, "body", None)) != _THERE:
            do = f"let the cluster take the index {name} with the alias {alias}; writes wait for it"
            raise calls.hindered(str(error), do) from error
        _give_alias(client, calls, alias, name)


def _give_alias(client: Elasticsearch, calls: Calls, alias: str, name: str) -> None:
    try:
        with calls.calling(f"looking for the alias {alias}"):
            if client.indices.exists_alias(name=alias):
                return
        with calls.calling(f"giving the index {name} its alias"):
            client.indices.put_alias(index=name, name=alias, is_write_index=True)
    except IndexRefused as error:
        do = f"give the index {name} the alias {alias} as its write index; writes wait for it"
        raise calls.hindered(str(error), do) from error
    _log.warning("an index had lost its alias and has it again", index=name, alias=alias)
