"""Whether everything that the system is made of answers, asked again and again."""
