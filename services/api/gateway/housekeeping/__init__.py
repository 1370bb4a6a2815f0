"""What has to be looked after again and again, and jobs that need the database."""

SERVICE = "api"
