"""What a trained model is worth on fresh contexts, beside Bayes rules and controls."""
