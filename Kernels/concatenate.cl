// Matrices side by side, and back. One item per element of the output, elements counted row by row.

// output[r] = [part 0 of r, part 1 of r, part 2 of r, part 3 of r]. A part has `rows` rows of `inner`
// columns and fills the columns up to `end`: where these are more, the next ones come from as many
// rows further down as the output has.
//
// part0 to part3  [rows, inner]; may not overlap output; those that are not there are null, and
//                 their `end` is the number of columns
// output          [count / columns, columns]; written
// drop_begin      the first of the columns that are dropped from, and how many there are; elements are
//                 counted within these
// period          and what follows: of the dropout; 0: nothing is dropped, scale is 1
// Must equal: SluiceCPU execute(Concatenate)
__kernel void concatenate(
    __global const float *part0, long part0_offset, int part0_stride, int rows0, int inner0,
    int end0, __global const float *part1, long part1_offset, int part1_stride, int rows1,
    int inner1, int end1, __global const float *part2, long part2_offset, int part2_stride,
    int rows2, int inner2, int end2, __global const float *part3, long part3_offset,
    int part3_stride, int rows3, int inner3, __global float *output, long output_offset,
    int output_stride, int columns, int count, int drop_begin, int drop_columns, int period,
    uint threshold, float kept_scale, uint2 key, uint step, uint stream) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int row = i / columns;
  const int column = i % columns;
  __global const float *from = part0 + part0_offset;
  int stride = part0_stride, rows = rows0, inner = inner0, begin = 0;
  if (column >= end2) {
    from = part3 + part3_offset;
    stride = part3_stride, rows = rows3, inner = inner3, begin = end2;
  } else if (column >= end1) {
    from = part2 + part2_offset;
    stride = part2_stride, rows = rows2, inner = inner2, begin = end1;
  } else if (column >= end0) {
    from = part1 + part1_offset;
    stride = part1_stride, rows = rows1, inner = inner1, begin = end0;
  }
  const int block = (column - begin) / inner;
  const int own = (block * (count / columns) + row) % rows;
  float value = from[(long)own * stride + (column - begin) % inner];
  const int place = column - drop_begin;
  if (place >= 0 && place < drop_columns)
    value = is_kept(row * drop_columns + place, period, threshold, key, step, stream)
        ? value * kept_scale : 0.0f;
  output[output_offset + (long)row * output_stride + column] = value;
}

// output[t, r, c] = input[r, t * columns + c], or added to it.
//
// input   [rows, steps * columns]; may not overlap output
// output  [steps, rows, columns]; written
// Must equal: SluiceCPU execute(ColumnsToSteps)
__kernel void columns_to_steps(
    __global const float *input, long input_offset, int input_stride, __global float *output,
    long output_offset, int output_stride, int rows, int columns, int count, int accumulate) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int place = i / columns;
  const int column = i % columns;
  const float value =
      input[input_offset + (long)(place % rows) * input_stride + place / rows * columns + column];
  __global float *to = output + output_offset + (long)place * output_stride + column;
  *to = accumulate ? *to + value : value;
}
