"""Sound: the mel grid, resampling, loudness, and the way back from mel to samples."""
