"""The SDK's parsers under a fuzzer; apart from ``audit.fuzz``, which would import them uninstrumented."""
