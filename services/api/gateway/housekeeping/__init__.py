"""What has to be looked after again and again, and belongs to no request and no message."""
