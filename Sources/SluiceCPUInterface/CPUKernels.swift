/// What the CPU back end and its kernels share.
