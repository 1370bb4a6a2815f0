"""What users would run instead, each as a program that prints one JSON line."""
