"""What only the kernel knows of a cell, a kind of fact a module. Standard library only."""
