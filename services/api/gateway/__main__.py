"""`python -m gateway`: the same commands without the rest of `warren`."""

from gateway.commands import app

if __name__ == "__main__":
    app()
