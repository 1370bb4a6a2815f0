"""`warren customers list|plan|limit|erase`."""

from typing import Annotated

import typer

from gateway.customers.keys import Plan
from warren.cli.tables import printable

app = typer.Typer(help="Customers, and what they may have waiting.", no_args_is_help=True)

_PAGE = 1000
Customer = Annotated[str, typer.Argument(help="Name or id of the customer.")]


@app.command("list")
def show() -> None:
    """Show all customers with plan, weight and limit."""
    from uuid import UUID

    from gateway.config import GatewaySettings
    from gateway.customers.customer_rows import page_of_customers
    from gateway.database import open_connection

    settings, after = GatewaySettings(), UUID(int=0)
    with open_connection(settings) as connection:
        while page := page_of_customers(connection, after, _PAGE):
            after = page[-1].id
            for customer in page:
                limit = customer.waiting_limit
                told = (
                    f"{settings.caller_backlog_limit:,} (setting)"
                    if limit is None
                    else f"{limit:,}"
                )
                line = (
                    f"{customer.id}  {customer.name}  {customer.plan}  weight {customer.weight}"
                    f"  may have waiting {told}"
                )
                typer.echo(printable(line))


@app.command()
def plan(
    customer: Customer,
    plan: Annotated[Plan, typer.Argument(help="Its plan from now on.")],
    weight: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Its part in fair sharing.")
    ] = None,
) -> None:
    """Put a customer on a plan; premium includes the critical lane."""
    from gateway.config import GatewaySettings
    from gateway.customers.administration import find_customer, set_customer
    from gateway.database import open_connection

    given = {"plan": plan.value} | ({} if weight is None else {"weight": weight})
    with open_connection(GatewaySettings()) as connection:
        set_customer(connection, find_customer(connection, customer), given)
    typer.echo(f"{customer} is on the plan {plan.value}; gateways know within five seconds")


@app.command()
def erase(
    customer: Annotated[str, typer.Argument(help="Id of the customer, as `list` shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a customer with everything that is kept of it; needs the key of an administrator."""
    from urllib.parse import quote

    from warren.cli.api_client import open_client
    from warren.cli.bulk import start_if_meant

    typer.echo(f"everything that is kept of {customer} goes: keys, tasks, files, books, documents")
    with open_client() as client:
        path = f"/api/v1/customers/{quote(customer, safe='')}/erase?confirm=true"
        start_if_meant(client, path, None, yes=yes)


@app.command()
def limit(
    customer: Customer,
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
    from gateway.customers.administration import find_customer, set_customer
    from gateway.database import open_connection

    if (waiting is None) != default:
        raise typer.BadParameter("give either --waiting or --default")
    with open_connection(GatewaySettings()) as connection:
        set_customer(connection, find_customer(connection, customer), {"waiting_limit": waiting})
    told = "as many tasks waiting as the setting says" if default else f"{waiting:,} tasks waiting"
    typer.echo(f"{customer} may have {told}; gateways know within five seconds")
