"""What land-use elements say of energy and emissions, learnt from places and asked of a plan."""
