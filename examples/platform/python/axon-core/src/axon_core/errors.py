"""The root of the platform's error tree."""


class AxonError(Exception):
    """The root of every error a module may raise."""

    def __init__(self, message: str, *, code: str = "axon.internal", status: int = 500) -> None:
        """Keep the stable code `<module>.<reason>` and the HTTP status the host answers with."""
        super().__init__(message)
        self.code = code
        self.status = status
