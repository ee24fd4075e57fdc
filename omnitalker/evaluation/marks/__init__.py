"""How well the marks hold: read again after what people do to files, and how often one is seen where none is."""
