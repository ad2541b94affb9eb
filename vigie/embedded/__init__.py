"""PostgreSQL and Mosquitto as child processes, for the demo and the tests. They end with their parent."""
