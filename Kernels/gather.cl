// Rows and windows by their indices. An index that is out of range is reported and left out.

// output[r] = source[indices[r]]. Four bytes an element, whatever they mean; one item an element.
//
// source    [limit, columns], contiguous
// indices   [rows]
// output    [rows, columns]; written; zero where the index is out of range
// Must equal: SluiceCPUKernels gather
__kernel void gather_rows(
    __global const uint *source, long source_offset, int limit, __global const int *indices,
    long indices_offset, __global uint *output, long output_offset, int output_stride, int columns,
    int count, __global int *fault) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int row = i / columns;
  const int column = i % columns;
  const int index = indices[indices_offset + row];
  const bool is_valid = check_index(fault, FAULT_ROW, row, index, limit);
  output[output_offset + (long)row * output_stride + column] =
      is_valid ? source[source_offset + (long)index * columns + column] : 0;
}

// output[r] = table[indices[r]], zero where the index is `ignored`; or adds that. One item an element.
//
// table     [limit, columns], contiguous
// indices   [rows]
// output    [rows, columns]; written; nothing but zero where the index is out of range
// ignored   an index, or -1 for none
// period    and what follows: of the dropout of all that comes out; 0: nothing is dropped, scale is 1
// Must equal: SluiceCPUKernels gather, with dropout
__kernel void embedding_forward(
    __global const float *table, long table_offset, int limit, __global const int *indices,
    long indices_offset, __global float *output, long output_offset, int output_stride, int columns,
    int count, int ignored, int accumulate, int period, uint threshold, float kept_scale, uint2 key,
    uint step, uint stream, __global int *fault) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int row = i / columns;
  const int column = i % columns;
  const int index = indices[indices_offset + row];
  const bool is_valid = check_index(fault, FAULT_EMBEDDING, row, index, limit);
  float value = is_valid && index != ignored
      ? table[table_offset + (long)index * columns + column] : 0.0f;
  __global float *to = output + output_offset + (long)row * output_stride + column;
  if (accumulate) value += *to;
  *to = is_kept(i, period, threshold, key, step, stream) ? value * kept_scale : 0.0f;
}

#define GROUP 128
// Indices that a group looks at between two barriers.
#define CHUNK (GROUP * 16)
// Rows of one part that wait until there are enough of them to keep memory busy.
#define WAITING (CHUNK + 512)
// Rows on their way at the same time.
#define FLIGHT 8

// d_table[indices[r]] += d_output[r], for each row of the table in the order of r; the index
// `ignored` (-1: none) is left out.
//
// Group p owns the rows of the table with index mod parts = p, so no two write to one place. It
// looks at all indices, a chunk at a time, and marks its own in a bit set; that becomes a list in
// the order of r, which all items walk, each for its columns.
//
// d_output  [rows, columns]
// indices   [rows]
// d_table   [limit, columns], contiguous; added to
// parts     a power of two
// Local GROUP; global GROUP * parts.
// Must equal: SluiceCPUKernels scatter
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void scatter_rows(
    __global const float *d_output, long d_output_offset, int d_output_stride,
    __global const int *indices, long indices_offset, int rows, __global float *d_table,
    long d_table_offset, int limit, int columns, int parts, int ignored, __global int *fault) {
  __local uint marks[CHUNK / 32];
  __local int near[CHUNK];
  __local int waiting_row[WAITING];
  __local int waiting_index[WAITING];
  const int lane = get_local_id(0);
  const int part = get_group_id(0);
  indices += indices_offset;
  d_output += d_output_offset;
  d_table += d_table_offset;
  int count = 0;
  for (int begin = 0; begin < rows; begin += CHUNK) {
    int own[CHUNK / GROUP];
#pragma unroll
    for (int i = 0; i < CHUNK / GROUP; i++)
      own[i] = indices[min(begin + i * GROUP + lane, rows - 1)];
    if (lane < CHUNK / 32) marks[lane] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
    for (int i = 0; i < CHUNK / GROUP; i++) {
      const int position = i * GROUP + lane;
      if ((own[i] & (parts - 1)) == part && begin + position < rows && own[i] != ignored
          && check_index(fault, FAULT_EMBEDDING, begin + position, own[i], limit)) {
        near[position] = own[i];
        atomic_or(&marks[position / 32], 1u << (position % 32));
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    int before = 0;
    int found = 0;
    for (int word = 0; word < CHUNK / 32; word++) {
      const int bits = popcount(marks[word]);
      before += word < lane ? bits : 0;
      found += bits;
    }
    if (lane < CHUNK / 32) {
      uint bits = marks[lane];
      for (int to = count + before; bits != 0; to++) {
        const int position = lane * 32 + 31 - clz(bits & -bits);
        bits &= bits - 1;
        waiting_row[to] = begin + position;
        waiting_index[to] = near[position];
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    count += found;
    if (count > WAITING - CHUNK || begin + CHUNK >= rows) {
      for (int first = 0; first < count; first += FLIGHT) {
        int index[FLIGHT];
        int row[FLIGHT];
#pragma unroll
        for (int i = 0; i < FLIGHT; i++) {
          const int place = min(first + i, count - 1);
          index[i] = waiting_index[place];
          row[i] = waiting_row[place];
        }
        for (int column = lane; column < columns; column += GROUP) {
          float value[FLIGHT];
          float sum[FLIGHT];
#pragma unroll
          for (int i = 0; i < FLIGHT; i++) {
            value[i] = d_output[(long)row[i] * d_output_stride + column];
            sum[i] = d_table[(long)index[i] * columns + column];
          }
#pragma unroll
          for (int i = 0; i < FLIGHT; i++) {
            // What an earlier one of these rows left there counts.
#pragma unroll
            for (int earlier = 0; earlier < i; earlier++)
              sum[i] = index[earlier] == index[i] ? sum[earlier] : sum[i];
            sum[i] = first + i < count ? sum[i] + value[i] : sum[i];
            d_table[(long)index[i] * columns + column] = sum[i];
          }
        }
      }
      count = 0;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
}

// output[k, n, f] = (source[series[n], starts[n] + offset + k, f] - shift[n]) * scale.
//
// source    [series_limit, source_steps, features], contiguous
// series    [batch], or null: all read series 0
// starts    [batch]
// shift     [batch] or null
// output    [steps, batch, features]; written; zero where a window does not lie in the source
// One item per element of the output.
// Must equal: SluiceCPUKernels gatherWindows
__kernel void gather_windows(
    __global const float *source, long source_offset, int series_limit, int source_steps,
    int features, __global const int *series, long series_offset, __global const int *starts,
    long starts_offset, int offset, __global const float *shift, long shift_offset, float scale,
    __global float *output, long output_offset, int output_stride, int steps, int batch,
    __global int *fault) {
  const int i = get_global_id(0);
  if (i >= steps * batch * features) return;
  const int row = i / features;
  const int f = i % features;
  const int k = row / batch;
  const int n = row % batch;
  const int which = series ? series[series_offset + n] : 0;
  const int first = starts[starts_offset + n] + offset;
  float value = 0.0f;
  if (check_index(fault, FAULT_SERIES, n, which, series_limit)
      && check_index(fault, FAULT_WINDOW, n, first, source_steps - steps + 1)) {
    const long from = ((long)which * source_steps + first + k) * features + f;
    value = (source[source_offset + from] - (shift ? shift[shift_offset + n] : 0.0f)) * scale;
  }
  output[output_offset + (long)row * output_stride + f] = value;
}

// A batch of token sequences: output[t, n] = source[begin + t] below the document's length, `padding`
// from there on. A token whose word of the stream is below `threshold` becomes `replacement`. One item
// per four elements of the output.
//
// source     [total]
// offsets    [count + 1]: where each document begins, and the end
// documents  [batch]
// output     [steps, batch], contiguous; written
// lengths    [batch]; written: the smaller of the document's length and `steps`
// Must equal: SluiceCPUKernels gatherSequences, bit for bit
__kernel void gather_sequences(
    __global const int *source, long source_offset, int total, __global const int *offsets,
    long offsets_offset, int count, __global const int *documents, long documents_offset,
    __global int *output, long output_offset, __global int *lengths, long lengths_offset, int steps,
    int batch, int padding, int replacement, uint threshold, uint2 key, uint step, uint stream,
    __global int *fault) {
  const int first = 4 * get_global_id(0);
  const uint4 words =
      threshold == 0 ? (uint4)(0) : philox(key, (uint4)((uint)first >> 2, 0, step, stream));
  for (int i = first; i < min(first + 4, steps * batch); i++) {
    const int t = i / batch;
    const int n = i % batch;
    const int2 extent = document_extent(
        offsets, offsets_offset, count, documents, documents_offset, n, total, fault);
    const int lane = i & 3;
    const uint word = lane == 0 ? words.x : lane == 1 ? words.y : lane == 2 ? words.z : words.w;
    int token = padding;
    if (t < extent.y)
      token = word < threshold ? replacement : source[source_offset + extent.x + t];
    output[output_offset + i] = token;
    if (t == 0) lengths[lengths_offset + n] = min(extent.y, steps);
  }
}
