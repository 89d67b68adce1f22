"""What every front end shares; what one brings of its own is in `protocol`, and where it is found in `front_ends`."""
