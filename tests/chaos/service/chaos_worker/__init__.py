"""A service of jobs that end in every way there is, and leave a line whenever they run."""

SERVICE = "chaos"
