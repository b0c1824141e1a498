"""What containers cost, what bounds them, and what they leave behind."""
