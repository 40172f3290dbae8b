"""Every setting, with the environment variable it comes from: `PUNA_…`, else its `OLLAMA_…` namesake."""

from puna.settings.settings import SettingError, Settings, read
from puna.settings.values import Share, duration
from puna.settings.variables import VARIABLES, unknown_variables

__all__ = ["VARIABLES", "SettingError", "Settings", "Share", "duration", "read", "unknown_variables"]
