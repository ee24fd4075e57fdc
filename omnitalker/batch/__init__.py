"""Many videos from one manifest, resumable, on this machine or a Ray cluster."""
