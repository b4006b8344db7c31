"""Where every setting of the reported toy comes from: the paper's Appendix D, an assumption of ours, or arithmetic."""

from mtam.base.reported_setting import Setting

TABLE: tuple[Setting, ...] = (
    Setting("eigenvalues", "lambda_j = exp(-j^alpha), M = 16", "reported", "trigonometric functions", "data.modes"),
    Setting("system", "sqrt2 cos(pi j x)", "assumed", "constant_first: e_1 = 1, whose scale normalising hides",
            "reported.system"),
    Setting("law of Z", "normal", "assumed", "the shuffled error 0.775 fixes it together with alpha", "reported.law"),
    Setting("weights of Z_j", "sqrt(lambda_j)", "assumed", "or lambda_j: the exponent is not told", "reported.weights"),
    Setting("added constant", "1", "assumed", "with c = 0 and e_1 = 1, 16 to 40% of the densities at "
            "alpha = 1 .. 2 have no mass; draws are refused and counted", "reported.constant"),
    Setting("alpha", "0.5, 1, 2", "assumed", "larger alpha is reported to decay faster", "data.alpha"),
    Setting("grid", "128 midpoints", "assumed", "densities are clipped and normalised to a discrete law", "data.nodes"),
    Setting("tags", "v and -v, v = +-1 even", "reported", "d1 = 1, I = 2"),
    Setting("tokens", "5000 per context, 2500 of each tag", "reported", "stored as counts on the grid", "data.length"),
    Setting("query token", "(0, v)", "reported", "no content"),
    Setting("answer", "v sum_j lambda_j Z_j^2", "reported", "a smooth functional, learned at a parametric rate"),
    Setting("noise", "0.01", "reported", "standard deviation", "data.noise"),
    Setting("network", "context MLP, query MLP, 4 heads, MLP", "reported", "d_model = d_hidden = 8", "reported.width"),
    Setting("activation", "relu, one hidden layer, residual query", "assumed", "not known"),
    Setting("optimiser", "Adam, exponential decay, squared loss", "reported", "moments of Adam as usual"),
    Setting("learning rate", "0.01, times 0.95 per epoch", "assumed", "not known", "reported.lr"),
    Setting("batch", "16", "assumed", "not known", "reported.batch"),
    Setting("epochs", "20", "reported", "steps can be set apart from n", "reported.steps"),
    Setting("sizes", "n = 4 .. 64", "reported", "a range on which a power law fits the exact law within 0.1 nat"),
    Setting("validation", "2000 contexts", "reported", "fresh, noise-free answers", "data.test"),
    Setting("validation error", "0.0144", "reported", "of which run is not known"),
    Setting("shuffled error", "0.775", "reported", "Var S + 2 (E S)^2, of perfect recall and of the tag's sign alone"),
    Setting("weight per token of the same tag", "0.0004", "derived", "perfect gating over 2500 tokens is 1/2500"),
    Setting("uniform weight per token", "0.0002", "derived", "1/5000"),
    Setting("sign-only baseline", "Var S", "derived", "mean squared error of a predictor that sees the tag only"),
    Setting("dimension", "I = 2 > d1 = 1", "derived", "outside the theorem's I <= d1, inside <v, v'> <= 0"),
)  # fmt: skip
