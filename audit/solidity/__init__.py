"""Solidity as the audit needs it: syntax trees, rewritten sources, the project's compiler."""
