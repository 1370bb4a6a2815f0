"""What the gateway's distribution adds to the `warren` command."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.auditing.commands import audit
from gateway.customers.commands import app as keys
from gateway.customers.customer_commands import app as customers
from gateway.dead_letters.commands import app as dead
from gateway.events.commands import subscriptions
from gateway.providers.commands import app as providers
from gateway.queues.commands import app as queues
from gateway.scheduling.commands import app as schedules

app = typer.Typer()
app.add_typer(keys, name="keys")
app.add_typer(customers, name="customers")
app.add_typer(dead, name="dead")
app.add_typer(queues, name="queues")
app.add_typer(schedules, name="schedules")
app.add_typer(providers, name="providers")
app.command()(subscriptions)
app.command()(audit)


@app.command()
def openapi() -> None:
    """Print the document of the REST API (OpenAPI 3.1)."""
    import json

    from gateway.app import create_app
    from gateway.config import GatewaySettings

    typer.echo(json.dumps(create_app(GatewaySettings()).openapi(), indent=1, ensure_ascii=False))


@app.command()
def asyncapi() -> None:
    """Print what travels over the broker, jobs and events (AsyncAPI 3)."""
    import json

    from gateway.asyncapi.document import announced_services, asyncapi_document

    document = asyncapi_document(announced_services())
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False))


@app.command()
def gateway(
    host: Annotated[str | None, typer.Option(help="WARREN_HOST by default.")] = None,
    port: Annotated[int | None, typer.Option(help="WARREN_PORT by default.")] = None,
) -> None:
    """Serve the REST API in the foreground."""
    from gateway.config import GatewaySettings
    from gateway.server import serve
    from warren.observability.logging import configure_logging

    settings = GatewaySettings()
    configure_logging(settings.log_format, settings.log_level)
    serve(settings, host or settings.host, settings.port if port is None else port)


@app.command()
def relay() -> None:
    """Move due tasks from the database to the broker, in the foreground."""
    from gateway.relay import run_relay
    from gateway.relaying.config import RelaySettings
    from gateway.stopping import stop_event
    from warren.loading import keep_loaded
    from warren.observability.logging import configure_logging

    settings = RelaySettings()
    configure_logging(settings.log_format, settings.log_level)
    keep_loaded()
    with stop_event() as stop:
        run_relay(settings, stop)


@app.command()
def recorder() -> None:
    """Record what workers report, in the foreground."""
    from gateway.recorder import run_recorder
    from gateway.recording.config import RecorderSettings
    from gateway.stopping import stop_event
    from warren.loading import keep_loaded
    from warren.observability.logging import configure_logging

    settings = RecorderSettings()
    configure_logging(settings.log_format, settings.log_level)
    keep_loaded()
    with stop_event() as stop:
        run_recorder(settings, stop)


@app.command()
def housekeeper() -> None:
    """Issue lost tasks again, notice lost workers and tidy up, in the foreground."""
    from gateway.housekeeper import run_housekeeper
    from gateway.stopping import stop_event
    from gateway.sweeping.config import HousekeeperSettings
    from warren.observability.logging import configure_logging

    settings = HousekeeperSettings()
    configure_logging(settings.log_format, settings.log_level)
    with stop_event() as stop:
        run_housekeeper(settings, stop)


@app.command()
def scheduler() -> None:
    """Make tasks of what schedules say is due, in the foreground."""
    from gateway.scheduler import run_scheduler
    from gateway.scheduling.config import SchedulerSettings
    from gateway.stopping import stop_event
    from warren.observability.logging import configure_logging

    settings = SchedulerSettings()
    configure_logging(settings.log_format, settings.log_level)
    with stop_event() as stop:
        run_scheduler(settings, stop)


@app.command()
def migrate(
    key_file: Annotated[
        Path | None,
        typer.Option(help="Also write the first key there (mode 0600); another if it is gone."),
    ] = None,
) -> None:
    """Bring the database up to date; on the first run, make a customer and print its key."""
    from gateway.config import GatewaySettings
    from gateway.customers.administration import ensure_first_key
    from gateway.database import is_migrated, open_connection
    from gateway.partitions import make_partitions

    settings = GatewaySettings()
    with open_connection(settings) as connection:
        if is_migrated(connection):
            for week in make_partitions(connection):
                typer.echo(
                    f"{week.parent} has no partition for the week of {week.monday:%Y-%m-%d}:"
                    f" {week.reason}; see docs/runbooks/partitions.md",
                    err=True,
                )
        else:
            from gateway.schema import MigrationUnderWay, TablesInUse
            from gateway.schema import migrate as migrate_schema

            try:
                migrate_schema(settings.database_url)
            except (MigrationUnderWay, TablesInUse) as error:
                typer.echo(str(error), err=True)
                raise typer.Exit(1) from error
        made = ensure_first_key(connection, key_file)
    if made is None:
        return
    if made.replaces_lost:
        typer.echo(
            f"{key_file} was missing: the first customer got another key; `warren keys list` shows"
            " the earlier ones, `warren keys revoke` ends one",
            err=True,
        )
    typer.echo(f"API key (shown only now): {made.key}")
