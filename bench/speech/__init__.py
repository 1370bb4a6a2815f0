"""Speech jobs beside their engines called directly; memory."""
