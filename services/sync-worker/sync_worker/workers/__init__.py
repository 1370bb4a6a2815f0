"""The jobs, and what they share: the chatbot of this process."""
