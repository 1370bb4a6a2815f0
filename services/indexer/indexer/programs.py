"""What the local stack runs beside the indexer's workers."""

from warren.contracts.programs import DeclaredProgram

SEARCH_NODE = DeclaredProgram(
    name="search-node",
    service="indexer",
    arguments=("search-node",),
    port_variable="WARREN_SEARCH_PORT",
    url_variable="WARREN_SEARCH_URL",
    token_variable="WARREN_SEARCH_TOKEN",  # noqa: S106 - the name of the variable
    folders={"INDEXER_FOLDER": "search"},
    serves_metrics=True,
)
