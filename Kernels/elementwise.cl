// One item per element of the output, elements counted row by row. One dimension, groups of any
// size; the global size is the count rounded up to whole groups.

// output[r, j] = bits. Four bytes an element, whatever they mean.
//
// output      [rows, columns], rows `output_stride` apart; written
// Must equal: SluiceCPUKernels fill
__kernel void fill(
    __global uint *output, long output_offset, int output_stride, int columns, int count,
    uint bits) {
  const int i = get_global_id(0);
  if (i >= count) return;
  output[output_offset + (long)(i / columns) * output_stride + i % columns] = bits;
}

// output[r, j] = input[r mod input_rows, j], or added to it.
//
// input       [input_rows, columns]; may not overlap output
// output      [count / columns, columns]; written
// Must equal: SluiceCPUKernels copy
__kernel void copy(
    __global const float *input, long input_offset, int input_stride, int input_rows,
    __global float *output, long output_offset, int output_stride, int columns, int count,
    int accumulate) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int row = i / columns;
  const int column = i % columns;
  const float value =
      input[input_offset + (long)(row % input_rows) * input_stride + column];
  __global float *to = output + output_offset + (long)row * output_stride + column;
  *to = accumulate ? *to + value : value;
}

// output = input_scale * input + output_scale * output; an output_scale of 0 overwrites whatever
// stood there, NaN too.
//
// input, output  [count], contiguous; may be the same
// Must equal: SluiceCPUKernels combine
__kernel void linear_combination(
    __global const float *input, long input_offset, float input_scale, __global float *output,
    long output_offset, float output_scale, int count) {
  const int i = get_global_id(0);
  if (i >= count) return;
  float value = input[input_offset + i] * input_scale;
  if (output_scale != 0.0f) value = fma(output[output_offset + i], output_scale, value);
  output[output_offset + i] = value;
}

// output = activation(input).
//
// input, output  [rows, columns]; may be the same
// Must equal: SluiceCPUKernels activate
__kernel void activation_forward(
    int activation, __global const float *input, long input_offset, int input_stride,
    __global float *output, long output_offset, int output_stride, int columns, int count) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int row = i / columns;
  const int column = i % columns;
  output[output_offset + (long)row * output_stride + column] =
      activate(activation, input[input_offset + (long)row * input_stride + column]);
}

// d_input = activation' * d_output, the derivative taken from the output; or added.
//
// output, d_output  [rows, columns]
// d_input           [rows, columns]; written; may be d_output unless it is added to
// Must equal: SluiceCPUKernels differentiate
__kernel void activation_backward(
    int activation, __global const float *output, long output_offset, int output_stride,
    __global const float *d_output, long d_output_offset, int d_output_stride,
    __global float *d_input, long d_input_offset, int d_input_stride, int columns, int count,
    int accumulate) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int row = i / columns;
  const int column = i % columns;
  const float y = output[output_offset + (long)row * output_stride + column];
  float d = d_output[d_output_offset + (long)row * d_output_stride + column];
  switch (activation) {
    case SIGMOID: d = d * (y * (1.0f - y)); break;
    case TANH: d = d * (1.0f - y * y); break;
    case RELU: d = y <= 0.0f ? 0.0f : d; break;
    default: break;
  }
  __global float *to = d_input + d_input_offset + (long)row * d_input_stride + column;
  *to = accumulate ? *to + d : d;
}

// Zeroes the elements whose word of the stream is below `threshold` and scales the others; or adds
// that. One item per four elements.
//
// input, output  [rows, columns]; may be the same unless added to
// period         after how many elements the mask repeats
// Must equal: SluiceCPUKernels dropout, bit for bit
__kernel void dropout(
    __global const float *input, long input_offset, int input_stride, __global float *output,
    long output_offset, int output_stride, int columns, int count, int period, uint threshold,
    float scale, uint2 key, uint step, uint stream, int accumulate) {
  const int first = 4 * get_global_id(0);
  int known = -1;
  uint4 words = (uint4)(0);
  for (int i = first; i < min(first + 4, count); i++) {
    const int element = i % period;
    if (element >> 2 != known) {
      known = element >> 2;
      words = philox(key, (uint4)((uint)known, 0, step, stream));
    }
    const int lane = element & 3;
    const uint word = lane == 0 ? words.x : lane == 1 ? words.y : lane == 2 ? words.z : words.w;
    const int row = i / columns;
    const int column = i % columns;
    const float x = input[input_offset + (long)row * input_stride + column];
    const float value = word >= threshold ? x * scale : 0.0f;
    __global float *to = output + output_offset + (long)row * output_stride + column;
    *to = accumulate ? *to + value : value;
  }
}
