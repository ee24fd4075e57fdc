"""Plug-ins for other people's dialogue systems, one file each; each imports only its own host."""
