"""The business, in plain Python: it knows neither broker nor runtime."""
