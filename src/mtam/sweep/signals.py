"""The signals that stop a run at its next safe point."""

import signal

# Ctrl-C; what batch systems send before they kill; a terminal that is closed; Ctrl-\; Ctrl-Break of Windows
NAMES = ("SIGINT", "SIGTERM", "SIGUSR2", "SIGHUP", "SIGQUIT", "SIGBREAK")
STOPPING = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))  # not every system has them all
# Whoever starts a run may have these ignored, as nohup does; that stays so.
MAY_BE_IGNORED = tuple(getattr(signal, name) for name in ("SIGHUP", "SIGQUIT") if hasattr(signal, name))
