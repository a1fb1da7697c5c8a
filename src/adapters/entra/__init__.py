"""Microsoft sign-in over msal."""
