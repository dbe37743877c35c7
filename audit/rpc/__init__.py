"""The in-process engine behind JSON-RPC, for those who speak to an anvil: ape, web3, the SDK.

``toolchain/bin/anvil`` starts it where ``ZKPOOL_ENGINE`` is ``evm``. It understands what this project's tests
and tools ask of anvil, and refuses the rest by name.
"""
