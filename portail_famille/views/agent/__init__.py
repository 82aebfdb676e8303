"""The town hall's side of the portal."""
