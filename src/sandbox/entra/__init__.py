"""A simulator of Microsoft Entra ID: enough of it for client credentials and authorization code."""

from sandbox.entra.sandbox import EntraSandbox

__all__ = ["EntraSandbox"]
