// Adds the parts of a matrix_product with RECURRENT, in their order, to the gradients they belong to.
//
// partials          [parts, 4H, C + H], and behind them [parts, 4H] for the biases
// d_input_weight    [4H, C] contiguous; added to
// d_hidden_weight   [4H, H] contiguous; added to
// d_input_bias, d_hidden_bias  [4H]; added to
// One item per element of a part.
__kernel void recurrent_gradients_join(
    __global const float *partials, int parts, __global float *d_input_weight,
    long d_input_weight_offset, __global float *d_hidden_weight, long d_hidden_weight_offset,
    __global float *d_input_bias, long d_input_bias_offset, __global float *d_hidden_bias,
    long d_hidden_bias_offset, int C, int H) {
  const int i = get_global_id(0);
  const int width = C + H;
  const int count = 4 * H * width;
  if (i >= count + 4 * H) return;
  const bool is_bias = i >= count;
  const float sum = sum_parts(
      partials + (is_bias ? (long)parts * count + i - count : i), parts, is_bias ? 4 * H : count);
  const int row = i / width;
  const int column = i % width;
  if (is_bias) {
    d_input_bias[d_input_bias_offset + i - count] += sum;
    d_hidden_bias[d_hidden_bias_offset + i - count] += sum;
  } else if (column < C) {
    d_input_weight[d_input_weight_offset + row * C + column] += sum;
  } else {
    d_hidden_weight[d_hidden_weight_offset + row * H + column - C] += sum;
  }
}
