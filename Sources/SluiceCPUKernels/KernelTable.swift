// The inner loops of the CPU back end.
