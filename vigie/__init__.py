"""The command line and the wiring of the processes: settings, embedded services, accounts. May import everything."""

__version__ = "0.1.0"
