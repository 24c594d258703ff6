"""What may go wrong in a way that a person should read about; the text of each error is a plain sentence."""


class NimbusError(Exception):
    """Anything the product refuses or cannot do; str() of it can be shown as it stands."""


class SettingsError(NimbusError):
    """A setting whose value cannot be right; names the setting and what would be right."""
