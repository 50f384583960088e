"""Pictures of a fit and the diagnosis of what looks wrong with it."""
