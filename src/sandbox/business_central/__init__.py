"""A simulator of Dynamics 365 Business Central's API v2.0, faithful to the contract."""

from sandbox.business_central.sandbox import BusinessCentralSandbox

__all__ = ["BusinessCentralSandbox"]
