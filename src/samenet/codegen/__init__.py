"""Program to source: the expression language, its emitter, the helpers and the templates."""
