"""A service with jobs that behave well and badly on demand."""

SERVICE = "sample"
