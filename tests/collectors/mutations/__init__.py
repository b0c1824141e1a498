"""Tests of the mutations."""
