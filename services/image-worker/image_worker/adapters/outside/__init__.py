"""Providers of pictures outside of this process; off until the settings name them."""
