// Adds the parts of a matrix_product with RECURRENT, in their order, to the gradients they belong to.
//
// partials          [parts, 4H, C + H + 1]
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
  const int width = C + H + 1;
  const int count = 4 * H * width;
  if (i >= count) return;
  const int row = i / width;
  const int column = i % width;
  float sum = 0.0f;
  for (int part = 0; part < parts; part++) sum += partials[(long)part * count + i];
  if (column < C) {
    d_input_weight[d_input_weight_offset + row * C + column] += sum;
  } else if (column < C + H) {
    d_hidden_weight[d_hidden_weight_offset + row * H + column - C] += sum;
  } else {
    d_input_bias[d_input_bias_offset + row] += sum;
    d_hidden_bias[d_hidden_bias_offset + row] += sum;
  }
}
