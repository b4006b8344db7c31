"""Row-normalised attention, sum_j phi(u_ij) v_j / sum_j phi(u_ij), beside means over pairs: responses and fits."""
