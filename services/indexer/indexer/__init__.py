"""A catalogue of products, services and accessories, kept in a search index."""

SERVICE = "indexer"
