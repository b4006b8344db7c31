"""One file that holds a run: written by ``mtam pack``, read as its folder is read."""
