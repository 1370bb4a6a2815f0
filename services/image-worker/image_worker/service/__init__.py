"""The business of pictures, in plain Python: it knows neither broker nor runtime."""
