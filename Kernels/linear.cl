// The gradients of a linear layer, output = activation(input * weight' + bias), where they are small.

// The gradient before an activation, from what it gave.
float slope_before(int activation, float y, float d) {
  switch (activation) {
    case SIGMOID: return d * (y * (1.0f - y));
    case TANH: return d * (1.0f - y * y);
    case RELU: return y <= 0.0f ? 0.0f : d;
    default: return d;
  }
}

// All gradients of a layer with few outputs and few rows, one item an element: first those of the
// weights and the bias, then those of the input.
//
// input      [rows, I]
// weight     [O, I], contiguous
// output, d_output  [rows, O]; output is not read where there is no activation
// d_weight   [O, I], contiguous; added to
// d_bias     [O]; added to
// d_input    [rows, I]; written, or added to; or null
// One item per element of d_weight, d_bias and d_input.
// Must equal: SluiceCPU execute(LinearBackward)
__kernel void linear_backward(
    int activation, __global const float *input, long input_offset, int input_stride,
    __global const float *weight, long weight_offset, __global const float *output,
    long output_offset, int output_stride, __global const float *d_output, long d_output_offset,
    int d_output_stride, __global float *d_weight, long d_weight_offset, __global float *d_bias,
    long d_bias_offset, __global float *d_input, long d_input_offset, int d_input_stride, int rows,
    int I, int O, int accumulate) {
  const int i = get_global_id(0);
  __global const float *y = output + output_offset;
  __global const float *d = d_output + d_output_offset;
  if (i < O * (I + 1)) {
    const int o = i / (I + 1);
    const int column = i % (I + 1);
    float sum = 0.0f;
    // Row after row; what several of them need is on its way at the same time.
    for (int first = 0; first < rows; first += 8) {
      float slopes[8];
      float values[8];
#pragma unroll
      for (int k = 0; k < 8; k++) {
        const int r = min(first + k, rows - 1);
        slopes[k] = slope_before(
            activation, activation == IDENTITY ? 0.0f : y[(long)r * output_stride + o],
            d[(long)r * d_output_stride + o]);
        values[k] = column < I ? input[input_offset + (long)r * input_stride + column] : 1.0f;
      }
#pragma unroll
      for (int k = 0; k < 8; k++)
        if (first + k < rows) sum = fma(slopes[k], values[k], sum);
    }
    if (column < I)
      d_weight[d_weight_offset + o * I + column] += sum;
    else
      d_bias[d_bias_offset + o] += sum;
    return;
  }
  const int place = i - O * (I + 1);
  if (!d_input || place >= rows * I) return;
  const int r = place / I;
  const int column = place % I;
  float sum = 0.0f;
  for (int o = 0; o < O; o++) {
    const float slope = slope_before(
        activation, activation == IDENTITY ? 0.0f : y[(long)r * output_stride + o],
        d[(long)r * d_output_stride + o]);
    sum = fma(slope, weight[weight_offset + o * I + column], sum);
  }
  __global float *to = d_input + d_input_offset + (long)r * d_input_stride + column;
  *to = accumulate ? *to + sum : sum;
}
