"""The regime of paper B's theorem, by quadrature: at which M its slope, and its parallel lines, are to be seen."""
