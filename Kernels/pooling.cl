// One item per (row of the batch, column). One dimension.

#define POOL_MAX 0
#define POOL_MEAN 1
#define POOL_LAST 2
#define POOL_FIRST 3

// output[n, j] = pool over t < length of input[t, n, j]; 0 where a row has no steps.
//
// input     [steps, batch, columns]
// lengths   [batch] or null
// output    [batch, columns]; written
// winners   [batch, columns], contiguous, or null; written: the step that won, -1 for none
// Must equal: SluiceCPUKernels pool
__kernel void pool_forward(
    int kind, __global const float *input, long input_offset, int input_stride, int steps,
    int batch, __global const int *lengths, long lengths_offset, __global float *output,
    long output_offset, int output_stride, int columns, __global int *winners,
    long winners_offset, __global int *fault) {
  const int i = get_global_id(0);
  if (i >= batch * columns) return;
  const int n = i / columns;
  const int column = i % columns;
  const int length = row_length(lengths, lengths_offset, n, steps, fault);
  const long step_stride = (long)batch * input_stride;
  __global const float *from = input + input_offset + (long)n * input_stride + column;
  float value = 0.0f;
  int winner = -1;
  if (length > 0) {
    if (kind == POOL_LAST) {
      value = from[(length - 1) * step_stride];
    } else if (kind == POOL_FIRST) {
      value = from[0];
    } else if (kind == POOL_MEAN) {
      for (int t = 0; t < length; t++) value += from[t * step_stride];
      value /= (float)length;
    } else {
      value = from[0];
      winner = 0;
      for (int t = 1; t < length; t++) {
        const float other = from[t * step_stride];
        // A NaN wins and stays, so that it surfaces.
        if (other > value || (isnan(other) && !isnan(value))) {
          value = other;
          winner = t;
        }
      }
    }
  }
  output[output_offset + (long)n * output_stride + column] = value;
  if (winners) winners[winners_offset + i] = winner;
}

// The gradient of pool_forward, zero where nothing flows; or added.
//
// d_output  [batch, columns]
// lengths   [batch] or null
// winners   [batch, columns] from forward, for the largest; else null
// d_input   [steps, batch, columns]; written
// Must equal: SluiceCPUKernels poolGradient
__kernel void pool_backward(
    int kind, __global const float *d_output, long d_output_offset, int d_output_stride, int steps,
    int batch, __global const int *lengths, long lengths_offset, __global const int *winners,
    long winners_offset, __global float *d_input, long d_input_offset, int d_input_stride,
    int columns, int accumulate, __global int *fault) {
  const int i = get_global_id(0);
  if (i >= batch * columns) return;
  const int n = i / columns;
  const int column = i % columns;
  const int length = row_length(lengths, lengths_offset, n, steps, fault);
  const float d = d_output[d_output_offset + (long)n * d_output_stride + column];
  const int winner = kind == POOL_LAST ? length - 1
      : kind == POOL_FIRST             ? 0
      : kind == POOL_MAX               ? winners[winners_offset + i]
                                       : -1;
  const float share = kind == POOL_MEAN ? d * (1.0f / (float)max(1, length)) : d;
  __global float *to = d_input + d_input_offset + (long)n * d_input_stride + column;
  for (int t = 0; t < steps; t++, to += (long)batch * d_input_stride) {
    const bool flows = t < length && (kind == POOL_MEAN || t == winner);
    const float before = accumulate ? *to : 0.0f;
    *to = flows ? before + share : before;
  }
}
