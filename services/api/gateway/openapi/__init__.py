"""The OpenAPI document: what is answered over HTTP."""
