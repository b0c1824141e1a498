"""ForagerAgent on real projects."""
