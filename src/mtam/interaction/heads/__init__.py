"""Several attention heads: g(x, y) = sum_h phi_h(x^T A_h y), its search, its law of error."""
