"""The web demo: layout and input checks only; everything else is the package's."""
