"""The kinds of spectra lambda_1 >= lambda_2 >= ... of the kernel (paper A, Assumption 1)."""

from typing import Literal

# exponential: lambda_j = exp(-c j^alpha); polynomial: lambda_j = j^{-2 alpha}
Spectrum = Literal["exponential", "polynomial"]
