// One item per (row of the batch, column). One dimension.

#define POOL_MAX 0
#define POOL_MEAN 1
#define POOL_LAST 2
#define POOL_FIRST 3

// A block of the sequence's columns, pooled in one way, and where its results begin.
typedef struct {
  int kind;
  int input;
  int output;
  int columns;
} pool_part;

// output[n, output of p + j] = pool over t < length of input[t, n, input of p + j]; 0 where a row has
// no steps.
//
// parts     [part_count], side by side in the output
// input     [steps, batch, C]
// lengths   [batch] or null
// output    [batch, columns]; written
// winners   for each part [batch, columns of p], one after the other, or null; written for the largest:
//           the step that won, -1 for none
// C         columns of the input
// period    and what follows: of the dropout of the input; 0: nothing is dropped, scale is 1
// Must equal: SluiceCPUKernels dropout and pool
__kernel void pool_forward(
    __global const pool_part *parts, int part_count, __global const float *input,
    long input_offset, int input_stride, int steps, int batch, __global const int *lengths,
    long lengths_offset, __global float *output, long output_offset, int output_stride,
    int columns, __global int *winners, long winners_offset, int C, int period, uint threshold,
    float kept_scale, uint2 key, uint step, uint stream, __global int *fault) {
  const int i = get_global_id(0);
  if (i >= batch * columns) return;
  const int n = i / columns;
  const int column = i % columns;
  int p = 0;
  while (p < part_count - 1 && column >= parts[p].output + parts[p].columns) p++;
  const pool_part part = parts[p];
  const int own = column - part.output;
  const int length = row_length(lengths, lengths_offset, n, steps, fault);
  const long step_stride = (long)batch * input_stride;
  __global const float *from = input + input_offset + (long)n * input_stride + part.input + own;
  float value = 0.0f;
  int winner = -1;
  const int first = part.kind == POOL_LAST ? max(0, length - 1) : 0;
  const int last = part.kind == POOL_LAST || part.kind == POOL_FIRST ? first + 1 : length;
  // A mask for all steps is looked at once.
  const bool is_steady = period == batch * C;
  bool keeps = true;
  for (int t = first; t < min(last, length); t++) {
    if (t == first || !is_steady)
      keeps = is_kept((t * batch + n) * C + part.input + own, period, threshold, key, step, stream);
    const float other = keeps ? from[t * step_stride] * kept_scale : 0.0f;
    if (part.kind == POOL_MEAN) {
      value += other;
    } else if (t == first || other > value || (isnan(other) && !isnan(value))) {
      // A NaN wins and stays, so that it surfaces.
      value = other;
      winner = t;
    }
  }
  if (part.kind == POOL_MEAN && length > 0) value /= (float)length;
  output[output_offset + (long)n * output_stride + column] = value;
  if (winners && part.kind == POOL_MAX)
    winners[winners_offset + (long)part.output * batch + n * part.columns + own] = winner;
}

// The gradient of pool_forward, zero where nothing flows; or added. What several parts give to an
// element is added up from the last one to the first.
//
// parts     as forward
// d_output  [batch, columns of all parts]
// lengths   [batch] or null
// winners   from forward, where a part takes the largest; else null
// d_input   [steps, batch, columns]; written
// period    and what follows: as forward, of what is given to the input
// Must equal: SluiceCPUKernels poolGradient and dropout
__kernel void pool_backward(
    __global const pool_part *parts, int part_count, __global const float *d_output,
    long d_output_offset, int d_output_stride, int steps, int batch, __global const int *lengths,
    long lengths_offset, __global const int *winners, long winners_offset,
    __global float *d_input, long d_input_offset, int d_input_stride, int columns, int accumulate,
    int period, uint threshold, float kept_scale, uint2 key, uint step, uint stream,
    __global int *fault) {
  const int i = get_global_id(0);
  if (i >= batch * columns) return;
  const int n = i / columns;
  const int column = i % columns;
  const int length = row_length(lengths, lengths_offset, n, steps, fault);
  // One pass over the steps for every part that the column is in, and at least one.
  bool adds = accumulate;
  const bool is_steady = period == 0 || period == batch * columns;
  bool keeps = is_kept(i, period, threshold, key, step, stream);
  for (int p = part_count - 1; p >= -1; p--) {
    if (p < 0 && adds) return;
    const pool_part part = parts[max(p, 0)];
    const int own = column - part.input;
    const bool is_inside = p >= 0 && own >= 0 && own < part.columns;
    if (p >= 0 && !is_inside) continue;
    const float d = is_inside
        ? d_output[d_output_offset + (long)n * d_output_stride + part.output + own] : 0.0f;
    const int winner = part.kind == POOL_LAST ? length - 1
        : part.kind == POOL_FIRST             ? 0
        : is_inside && part.kind == POOL_MAX
        ? winners[winners_offset + (long)part.output * batch + n * part.columns + own]
        : -1;
    const bool is_mean = part.kind == POOL_MEAN;
    const float share = (is_mean ? d * (1.0f / (float)max(1, length)) : d) * kept_scale;
    __global float *to = d_input + d_input_offset + (long)n * d_input_stride + column;
    for (int t = 0; t < steps; t++, to += (long)batch * d_input_stride) {
      bool flows = is_inside && t < length && (is_mean || t == winner);
      if (!is_steady && flows)
        keeps = is_kept((t * batch + n) * columns + column, period, threshold, key, step, stream);
      flows = flows && keeps;
      const float before = adds ? *to : 0.0f;
      *to = flows ? before + share : before;
    }
    adds = true;
  }
}
