// Sums in a fixed order: by strides within an item, by halves within a group, and what the groups
// leave by one more launch.

#define GROUP 256

// output[j] = sum over rows of input[r, j], one part of the rows per group of the second dimension.
//
// input     [rows, columns]
// output    partials [parts, columns] where part_rows < rows; else the result [columns]
// Local (32, 8); global (columns rounded up to 32, 8 * parts).
// Must equal: SluiceCPU columnSum
__kernel __attribute__((reqd_work_group_size(32, 8, 1))) void column_sum(
    __global const float *input, long input_offset, int input_stride, int rows, int columns,
    int part_rows, __global float *output, long output_offset, int accumulate) {
  __local float sums[8][33];
  const int lane = get_local_id(1);
  const int column = get_global_id(0);
  const int part = get_group_id(1);
  const int end = min(rows, (part + 1) * part_rows);
  float sum = 0.0f;
  if (column < columns) {
    for (int r = part * part_rows + lane; r < end; r += 8)
      sum += input[input_offset + (long)r * input_stride + column];
  }
  sums[lane][get_local_id(0)] = sum;
  barrier(CLK_LOCAL_MEM_FENCE);
  if (lane != 0 || column >= columns) return;
  for (int other = 1; other < 8; other++) sum += sums[other][get_local_id(0)];
  const long to = (long)part * columns + column;
  output[output_offset + to] = accumulate ? output[output_offset + to] + sum : sum;
}

// output[n, j] = sum over t of input[t, n, j], or added.
//
// input     [steps, batch, columns]
// output    [batch, columns]
// One item per element of the output.
// Must equal: SluiceCPUKernels sumOverSteps
__kernel void sum_over_steps(
    __global const float *input, long input_offset, int input_stride, int steps, int batch,
    __global float *output, long output_offset, int output_stride, int columns, int accumulate) {
  const int i = get_global_id(0);
  if (i >= batch * columns) return;
  const int n = i / columns;
  const int column = i % columns;
  float sum = 0.0f;
  for (int t = 0; t < steps; t++)
    sum += input[input_offset + ((long)t * batch + n) * input_stride + column];
  __global float *to = output + output_offset + (long)n * output_stride + column;
  *to = accumulate ? *to + sum : sum;
}

// The sum of the squares of GROUP * 16 elements per group.
//
// input     [count]
// partials  [groups]; written
// Local GROUP; global GROUP * ceil(count / (GROUP * 16)).
// Must equal: SluiceCPUKernels sumOfSquares, with sum_partials
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void sum_of_squares(
    __global const float *input, long input_offset, int count, __global float *partials) {
  __local float sums[GROUP];
  const int lane = get_local_id(0);
  const int begin = get_group_id(0) * GROUP * 16;
  float sum = 0.0f;
  for (int round = 0; round < 16; round++) {
    const int i = begin + round * GROUP + lane;
    if (i < count) sum = fma(input[input_offset + i], input[input_offset + i], sum);
  }
  sums[lane] = sum;
  SUM_GROUP(sums, GROUP);
  if (lane == 0) partials[get_group_id(0)] = sums[0];
}

// output[c] = sum over parts of partials[part, c], each in two floats: as precise as a double.
//
// partials  [parts, columns]
// output    [columns]; written
// Local GROUP; global (GROUP, columns).
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void sum_partials(
    __global const float *partials, int parts, int columns, __global float *output,
    long output_offset) {
  __local float2 sums[GROUP];
  const int lane = get_local_id(0);
  const int column = get_group_id(1);
  const float sum = add_parts(sums, lane, GROUP, partials, parts, columns, column);
  if (lane == 0) output[output_offset + column] = sum;
}
