"""The image builder on fixed public lists of projects."""
