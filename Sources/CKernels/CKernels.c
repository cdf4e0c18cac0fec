#include "CKernels.h"

// The kernels' text is in the binary: there is nothing to find at run time.

static const unsigned char common_text[] = {
#embed "../../Kernels/common.clh"
};
static const unsigned char elementwise_text[] = {
#embed "../../Kernels/elementwise.cl"
};
static const unsigned char embedding_bag_text[] = {
#embed "../../Kernels/embedding_bag.cl"
};
static const unsigned char gather_text[] = {
#embed "../../Kernels/gather.cl"
};
static const unsigned char loss_text[] = {
#embed "../../Kernels/loss.cl"
};
static const unsigned char lstm_persistent_text[] = {
#embed "../../Kernels/lstm_persistent.cl"
};
static const unsigned char lstm_stepwise_text[] = {
#embed "../../Kernels/lstm_stepwise.cl"
};
static const unsigned char matrix_product_text[] = {
#embed "../../Kernels/matrix_product.cl"
};
static const unsigned char optimizer_text[] = {
#embed "../../Kernels/optimizer.cl"
};
static const unsigned char peak_text[] = {
#embed "../../Kernels/peak.cl"
};
static const unsigned char pooling_text[] = {
#embed "../../Kernels/pooling.cl"
};
static const unsigned char reductions_text[] = {
#embed "../../Kernels/reductions.cl"
};

#define SOURCE(name) {#name, name##_text, sizeof name##_text}

static const KernelSource sources[] = {
    SOURCE(common),          SOURCE(elementwise),   SOURCE(embedding_bag),  SOURCE(gather),
    SOURCE(loss),            SOURCE(lstm_persistent), SOURCE(lstm_stepwise), SOURCE(matrix_product),
    SOURCE(optimizer),       SOURCE(peak),          SOURCE(pooling),        SOURCE(reductions),
};

const size_t kernel_source_count = sizeof sources / sizeof *sources;

const KernelSource *kernel_source(size_t index) {
  return index < kernel_source_count ? &sources[index] : NULL;
}
