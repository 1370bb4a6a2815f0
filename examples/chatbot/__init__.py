"""A chatbot that keeps documents and FAQs: the reference of what sync-worker speaks to."""
