"""Events: what jobs state with their success, issued to subscribers and to the world outside."""
