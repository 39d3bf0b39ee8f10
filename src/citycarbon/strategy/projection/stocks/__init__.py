"""Stocks and end uses: what people, buildings, vehicles and works will use, with every parameter as a distribution."""
