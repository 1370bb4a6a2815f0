"""The jobs of the image-worker: each Worker class here is one."""
