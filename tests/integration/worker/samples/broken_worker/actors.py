"""Fails while it is imported, as a missing library would make it."""

import importlib

importlib.import_module("no_such_module_anywhere")
