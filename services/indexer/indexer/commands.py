"""What the indexer's distribution adds to the `warren` command."""

import typer

app = typer.Typer()


@app.command("search-node")
def search_node() -> None:
    """Answer the gateway's searches, in the foreground."""
    from indexer.config import IndexSettings, SearchNodeSettings
    from indexer.serving import serve
    from warren.observability.logging import configure_logging

    settings = SearchNodeSettings()
    configure_logging(settings.log_format, settings.log_level)
    serve(settings, IndexSettings())
