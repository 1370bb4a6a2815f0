"""Customers' questions with answers, which a downstream chatbot knows."""
