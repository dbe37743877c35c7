"""The market in exact integers: a twin of each Solidity library, and a whole market in memory."""
