"""Simulators of PEX, Microsoft Entra ID and Business Central, over real HTTP."""
