"""The API over HTTP, through the ASGI application that serves it. Nothing here may reach past it but to prepare and to look."""
