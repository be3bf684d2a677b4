"""The specification, as code: small worlds with known answers."""
