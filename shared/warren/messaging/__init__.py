"""RabbitMQ: topology, confirmed publishing, consuming, and the Dramatiq broker built from them."""
