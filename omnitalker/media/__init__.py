"""Reading and writing of sound and pictures: the only package that imports av."""
