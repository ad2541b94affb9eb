"""The command line and the wiring of the processes: settings, embedded services, accounts. May import everything."""
