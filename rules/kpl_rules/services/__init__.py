"""Services, their pods, and what names them: the agreement between objects."""
