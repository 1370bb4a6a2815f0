"""What browsers are given: the JavaScript client, and a page that shows how to use it."""
