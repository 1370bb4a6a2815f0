"""Documents and FAQs, kept in step with a downstream chatbot that may be down."""

SERVICE = "sync"
