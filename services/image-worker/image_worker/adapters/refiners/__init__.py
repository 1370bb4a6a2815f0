"""Language models that make prompts better; off until the settings name them."""
