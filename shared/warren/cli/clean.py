"""`warren clean`: stop what is left over and delete all local state."""

import shutil

from warren.cli.root import RootOption, chosen_root


def clean(root: RootOption = None) -> None:
    """Stop what a killed stack or a killed test run left behind, and delete .warren.

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
    of_tests = list(folder.path.glob("test/run-*/*/state"))
    for state in (folder.rabbitmq, *of_tests):
        RabbitMQNode(state).kill()
    for state in (folder.postgres, *of_tests):
        PostgresServer(state).kill()
    shutil.rmtree(folder.path)
    lock.release()
