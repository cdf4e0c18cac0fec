#ifndef SLUICE_CKERNELS_H
#define SLUICE_CKERNELS_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// One file of Kernels/, as it stood when the binary was built.
typedef struct {
  /// Its name without folder; null past the last file.
  const char *_Nullable name;
  /// Terminated by a zero byte.
  const unsigned char *_Nullable text;
} KernelFile;

/// All files, and one without a name after them.
const KernelFile *kernel_files(void);

#pragma clang assume_nonnull end

#endif
