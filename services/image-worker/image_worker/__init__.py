"""Pictures: generated, restyled, enhanced, faces swapped, backgrounds removed."""

SERVICE = "image"
