#ifndef SLUICE_CKERNELS_H
#define SLUICE_CKERNELS_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// One file of Kernels/, as it stood when the binary was built.
typedef struct {
  /// Its name without folder and extension.
  const char *name;
  /// Not terminated.
  const unsigned char *text;
  size_t count;
} KernelSource;

/// The number of files.
extern const size_t kernel_source_count;

/// File `index`; null past the last one. The text of `common` goes before every other's.
const KernelSource *_Nullable kernel_source(size_t index);

#pragma clang assume_nonnull end

#endif
