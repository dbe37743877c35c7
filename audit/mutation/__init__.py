"""Mutation testing of the contracts: every small change of them must be noticed by some test."""
