"""`warren clean`: stop what is left over and delete all local state."""

import shutil

from warren.cli.root import RootOption, chosen_root


def clean(root: RootOption = None) -> None:
    """Stop processes that a killed stack left behind, and delete .warren.

    Refuses while a stack runs.
    """
    from warren.stack.folder import StackFolder
    from warren.stack.leftovers import end_leftovers
    from warren.stack.lock import StackLock
    from warren.stack.postgres import PostgresServer
    from warren.stack.rabbitmq import RabbitMQNode

    folder = StackFolder.of(chosen_root(root))
    if not folder.path.exists():
        return
    lock = StackLock(folder.lock)
    lock.acquire()
    end_leftovers(folder.path)
    RabbitMQNode(folder.rabbitmq).kill()
    PostgresServer(folder.postgres).kill()
    shutil.rmtree(folder.path)
    lock.release()
