"""Document to spec: the language's root class, and the checks that need no framework."""
