"""An example of a service: one job with a schedule, and one with input that may be wrong."""

SERVICE = "example"
