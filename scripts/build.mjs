// Builds what runs outside the tests: the CLI's bundle and the local cloud's.
