"""`warren customers list|limit`."""

from typing import Annotated

import typer

app = typer.Typer(help="Customers, and what they may have waiting.", no_args_is_help=True)


@app.command("list")
def show() -> None:
    """Show all customers with plan, weight and limit."""
    from gateway.config import GatewaySettings
    from gateway.customers.administration import list_customers
    from gateway.database import open_connection

    settings = GatewaySettings()
    with open_connection(settings) as connection:
        for customer in list_customers(connection):
            limit = customer.waiting_limit
            told = f"{settings.caller_backlog_limit:,} (setting)" if limit is None else f"{limit:,}"
            typer.echo(
                f"{customer.id}  {customer.name}  {customer.plan}  weight {customer.weight}"
                f"  may have waiting {told}"
            )


@app.command()
def limit(
    customer: Annotated[str, typer.Argument(help="Name or id of the customer.")],
    waiting: Annotated[
        int | None,
        typer.Option(min=1, max=2**31 - 1, help="Tasks that may wait to be started."),
    ] = None,
    default: Annotated[
        bool, typer.Option("--default", help="As WARREN_CALLER_BACKLOG_LIMIT says.")
    ] = False,
) -> None:
    """Say how many tasks of a customer may wait; beyond that submissions are answered with 429."""
    from gateway.config import GatewaySettings
    from gateway.customers.administration import find_customer, set_waiting_limit
    from gateway.database import open_connection

    if (waiting is None) != default:
        raise typer.BadParameter("give either --waiting or --default")
    with open_connection(GatewaySettings()) as connection:
        set_waiting_limit(connection, find_customer(connection, customer), waiting)
    told = "as many tasks waiting as the setting says" if default else f"{waiting:,} tasks waiting"
    typer.echo(f"{customer} may have {told}; gateways know within five seconds")
