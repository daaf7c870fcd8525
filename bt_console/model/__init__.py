"""The nouns of the product: frozen, free of input and output."""
