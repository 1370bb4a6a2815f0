"""The shape that upload clients speak: forms in, flat statuses out, at paths that end in `/`."""
