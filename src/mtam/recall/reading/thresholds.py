"""From where on a notion of recall counts: one constant each, for every table and answer of paper A's reading.

Attention mass and the share of the right change (how far the answer moves when measures are exchanged, in units of what
exact recall would make of it) are 1 for exact recall; risks are in units of the answer's variance.
"""

RECALLED = 0.95  # attention mass, or share of the right change, from which recall counts as complete
WEAKENED = 0.8  # attention mass below which recall is no longer nearly complete: the second level of a capacity
LOST = 0.5  # attention mass, or share of variance explained, at which recall counts as lost
DIFFUSE = 0.15  # of the way from 1/I to 1: below, attention says next to nothing
PLATEAU = 0.15  # within this share of the error of a constant answer the error is that of a constant answer
MOVED = 0.5  # share of the right change below which no measure is read
SCANT = 0.5  # of the variance: what finite tokens leave unknown from here on hides whether the model recalls
FLAT = 0.05  # slope of ln(risk / Bayes) on ln n: a tenth to a quarter of that of the Bayes risk itself
AS_GOOD = 1.5  # times the risk of another, up to which a risk counts as nearly as good
