"""A simulator of PEX: the API that the connector reads, with a made-up company's transactions."""

from sandbox.pex.sandbox import PexSandbox

__all__ = ["PexSandbox"]
