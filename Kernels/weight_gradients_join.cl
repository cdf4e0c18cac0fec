// Adds the parts of a matrix_product with SUMS, in their order, to the gradients they belong to.
//
// partials          [parts, M, C + H], and behind them [parts, M] for the biases
// d_input_weight    [M, C] contiguous; added to
// d_hidden_weight   [M, H] contiguous; added to; or null where H is 0
// d_bias, d_bias2   [M]; added to; the second may be null
// One item per element of a part.
__kernel void weight_gradients_join(
    __global const float *partials, int parts, __global float *d_input_weight,
    long d_input_weight_offset, __global float *d_hidden_weight, long d_hidden_weight_offset,
    __global float *d_bias, long d_bias_offset, __global float *d_bias2, long d_bias2_offset, int M,
    int C, int H) {
  const int i = get_global_id(0);
  const int width = C + H;
  const int count = M * width;
  if (i >= count + M) return;
  const bool is_bias = i >= count;
  const float sum = sum_parts(
      partials + (is_bias ? (long)parts * count + i - count : i), parts, is_bias ? M : count);
  const int row = i / width;
  const int column = i % width;
  if (is_bias) {
    d_bias[d_bias_offset + i - count] += sum;
    if (d_bias2) d_bias2[d_bias2_offset + i - count] += sum;
  } else if (column < C) {
    d_input_weight[d_input_weight_offset + row * C + column] += sum;
  } else {
    d_hidden_weight[d_hidden_weight_offset + row * H + column - C] += sum;
  }
}
