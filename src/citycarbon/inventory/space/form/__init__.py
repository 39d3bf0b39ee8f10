"""Form of the city: size, compactness, complexity, centres, mixture, balance, and what published evidence says that they move."""
