"""What people note down about a campaign or about one creator in it: no decision, never carried to another brief."""
