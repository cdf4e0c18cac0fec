// The sum of the parts, in their order, and what the product would have done with it.
//
// partials  [parts, M, N]
// The others as for matrix_product. One item per result.
// Must equal: SluiceCPUKernels reduceProduct
__kernel void matrix_product_join(
    __global const float *partials, int parts, __global float *output, long output_offset,
    int output_stride, __global const float *bias, long bias_offset, __global const float *bias2,
    long bias2_offset, int bias2_count, int M, int N, float scale, int accumulate, int activation) {
  const int i = get_global_id(0);
  if (i >= M * N) return;
  const int n = i % N;
  const float sum = sum_parts(partials + i, parts, (long)M * N);
  store_product(
      output + output_offset + (long)(i / N) * output_stride + n, scale * sum, bias, bias_offset,
      bias2, bias2_offset, bias2_count, n, accumulate, activation);
}
