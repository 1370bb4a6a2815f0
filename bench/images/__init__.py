"""Picture jobs beside their libraries called directly, and how good their pictures are."""
