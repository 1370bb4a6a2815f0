"""What sync-worker does, in a few words."""

SERVICE = "sync"
