"""What leaves the building on paper: the court report and the public appeal. Nothing lives here yet."""
