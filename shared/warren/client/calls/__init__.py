"""What clients do, written once: coroutines over a transport that either blocks or awaits."""
