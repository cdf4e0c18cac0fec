#include "CKernels.h"

// The kernels' text is in the binary: there is nothing to find at run time.

static const KernelFile files[] = {
    {"common.clh", (const unsigned char[]){
#embed "../../Kernels/common.clh" suffix(, 0)
    }},
    {"cell_gru.clh", (const unsigned char[]){
#embed "../../Kernels/cell_gru.clh" suffix(, 0)
    }},
    {"cell_lstm.clh", (const unsigned char[]){
#embed "../../Kernels/cell_lstm.clh" suffix(, 0)
    }},
    {"cell_rnn.clh", (const unsigned char[]){
#embed "../../Kernels/cell_rnn.clh" suffix(, 0)
    }},
    {"cell_rnn_relu.clh", (const unsigned char[]){
#embed "../../Kernels/cell_rnn_relu.clh" suffix(, 0)
    }},
    {"column_tokens.cl", (const unsigned char[]){
#embed "../../Kernels/column_tokens.cl" suffix(, 0)
    }},
    {"concatenate.cl", (const unsigned char[]){
#embed "../../Kernels/concatenate.cl" suffix(, 0)
    }},
    {"elementwise.cl", (const unsigned char[]){
#embed "../../Kernels/elementwise.cl" suffix(, 0)
    }},
    {"embedding_bag.cl", (const unsigned char[]){
#embed "../../Kernels/embedding_bag.cl" suffix(, 0)
    }},
    {"gather.cl", (const unsigned char[]){
#embed "../../Kernels/gather.cl" suffix(, 0)
    }},
    {"linear.cl", (const unsigned char[]){
#embed "../../Kernels/linear.cl" suffix(, 0)
    }},
    {"loss.cl", (const unsigned char[]){
#embed "../../Kernels/loss.cl" suffix(, 0)
    }},
    {"loss_softmax.cl", (const unsigned char[]){
#embed "../../Kernels/loss_softmax.cl" suffix(, 0)
    }},
    {"matrix_product.cl", (const unsigned char[]){
#embed "../../Kernels/matrix_product.cl" suffix(, 0)
    }},
    {"matrix_product_join.cl", (const unsigned char[]){
#embed "../../Kernels/matrix_product_join.cl" suffix(, 0)
    }},
    {"matrix_product_processor.cl", (const unsigned char[]){
#embed "../../Kernels/matrix_product_processor.cl" suffix(, 0)
    }},
    {"optimizer.cl", (const unsigned char[]){
#embed "../../Kernels/optimizer.cl" suffix(, 0)
    }},
    {"peak.cl", (const unsigned char[]){
#embed "../../Kernels/peak.cl" suffix(, 0)
    }},
    {"pooling.cl", (const unsigned char[]){
#embed "../../Kernels/pooling.cl" suffix(, 0)
    }},
    {"recurrent.clh", (const unsigned char[]){
#embed "../../Kernels/recurrent.clh" suffix(, 0)
    }},
    {"recurrent_persistent.cl", (const unsigned char[]){
#embed "../../Kernels/recurrent_persistent.cl" suffix(, 0)
    }},
    {"recurrent_registers_backward.cl", (const unsigned char[]){
#embed "../../Kernels/recurrent_registers_backward.cl" suffix(, 0)
    }},
    {"recurrent_registers_forward.cl", (const unsigned char[]){
#embed "../../Kernels/recurrent_registers_forward.cl" suffix(, 0)
    }},
    {"recurrent_step.cl", (const unsigned char[]){
#embed "../../Kernels/recurrent_step.cl" suffix(, 0)
    }},
    {"reductions.cl", (const unsigned char[]){
#embed "../../Kernels/reductions.cl" suffix(, 0)
    }},
    {"weight_gradients_join.cl", (const unsigned char[]){
#embed "../../Kernels/weight_gradients_join.cl" suffix(, 0)
    }},
    {NULL, NULL},
};

const KernelFile *kernel_files(void) { return files; }
