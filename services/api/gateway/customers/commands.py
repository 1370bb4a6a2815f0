"""`warren keys create|list|revoke`."""

from typing import Annotated

import typer

from gateway.customers.keys import Plan, Scope

app = typer.Typer(help="API keys of customers.", no_args_is_help=True)


@app.command()
def create(
    customer: Annotated[str, typer.Option(help="Name or id of the customer.")],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "key",
    scope: Annotated[list[Scope] | None, typer.Option(help="Repeat for several.")] = None,
    new_customer: Annotated[bool, typer.Option(help="Make the customer as well.")] = False,
    plan: Annotated[Plan, typer.Option(help="Of a new customer.")] = Plan.STANDARD,
) -> None:
    """Make a key and print it; it cannot be shown again."""
    from gateway.config import GatewaySettings
    from gateway.customers.administration import create_customer, create_key, find_customer
    from gateway.database import open_connection

    scopes = scope or [Scope.TASKS_READ, Scope.TASKS_WRITE]
    with open_connection(GatewaySettings()) as connection, connection.transaction():
        if new_customer:
            customer_id = create_customer(connection, customer, plan)
        else:
            customer_id = find_customer(connection, customer)
        key = create_key(connection, customer_id, name, scopes)
    typer.echo(str(key))


@app.command("list")
def show() -> None:
    """Show all keys, without their secrets."""
    from gateway.config import GatewaySettings
    from gateway.customers.administration import list_keys
    from gateway.database import open_connection

    with open_connection(GatewaySettings()) as connection:
        for key in list_keys(connection):
            state = "revoked" if key.revoked_at else "active"
            used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
            typer.echo(
                f"{key.prefix}  {state:7}  {key.customer} ({key.plan})  {key.name}"
                f"  {' '.join(key.scopes)}  last used {used}"
            )


@app.command()
def revoke(prefix: Annotated[str, typer.Argument(help="The part between wk_ and _.")]) -> None:
    """Make a key useless within five seconds."""
    from gateway.config import GatewaySettings
    from gateway.customers.administration import revoke_key
    from gateway.database import open_connection

    with open_connection(GatewaySettings()) as connection:
        revoke_key(connection, prefix)
