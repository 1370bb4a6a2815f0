"""What jobs ask for: commands on `warren.intake` become tasks, each in one transaction."""
