// A linear layer over sparse features: sums of a table's rows, and their gradient. Document d has the
// entries offsets[d] ..< offsets[d + 1] of `indices` and `values`; indices ascend within a document.

#define GROUP 64

// output[n] = addend[n] + scale * sum of values[i] * table[indices[i]] over the entries of documents[n].
// One group a row.
//
// table      [limit, columns], contiguous
// offsets    [count + 1]
// indices    [total]; one that is out of range, or less than the one before it, is reported
// values     [total]
// documents  [rows]
// addend     [rows, columns], or null
// output     [rows, columns]; written
// Local GROUP; global GROUP * rows.
// Must equal: SluiceCPUKernels bag
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void embedding_bag_forward(
    __global const float *table, long table_offset, int limit, int columns,
    __global const int *offsets, long offsets_offset, int count, __global const int *indices,
    long indices_offset, int total, __global const float *values, long values_offset,
    __global const int *documents, long documents_offset, __global const float *addend,
    long addend_offset, int addend_stride, __global float *output, long output_offset,
    int output_stride, float scale, __global int *fault) {
  __local float sums[GROUP];
  const int lane = get_local_id(0);
  const int n = get_group_id(0);
  const int2 extent = document_extent(
      offsets, offsets_offset, count, documents, documents_offset, n, total, fault);
  __global const int *own = indices + indices_offset + extent.x;
  __global const float *factors = values + values_offset + extent.x;
  for (int i = lane; i < extent.y; i += GROUP) {
    const int place = extent.x + i;
    if (check_index(fault, FAULT_FEATURE, place, own[i], limit) && i > 0 && own[i - 1] >= 0)
      check_index(fault, FAULT_ORDER, place, own[i] - own[i - 1], limit);
  }
  for (int column = 0; column < columns; column++) {
    float sum = 0.0f;
    for (int i = lane; i < extent.y; i += GROUP) {
      const int index = own[i];
      if (index >= 0 && index < limit)
        sum = fma(factors[i], table[table_offset + (long)index * columns + column], sum);
    }
    sums[lane] = sum;
    SUM_GROUP(sums, GROUP);
    if (lane == 0) {
      const float own_sum = scale * sums[0];
      output[output_offset + (long)n * output_stride + column] =
          addend ? addend[addend_offset + (long)n * addend_stride + column] + own_sum : own_sum;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
}

// The first position in begin ..< end whose element is not below `value`, else `end`.
int first_not_below(__global const int *elements, int begin, int end, int value) {
  while (begin < end) {
    const int middle = begin + (end - begin) / 2;
    if (elements[middle] < value)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

// d_table[indices[i]] += scale * values[i] * d_output[n], for rows n and their entries i in order.
//
// Group p owns the rows p * size ..< (p + 1) * size of the table, so no two write to one place. Each
// item finds the entries of one row of the batch that belong to the group; then all walk them in
// their order, each item for its columns.
//
// d_output   [batch, columns]
// d_table    [limit, columns], contiguous; added to
// The others as for embedding_bag_forward, which reports what is out of order.
// Local GROUP; global GROUP * ceil(limit / size).
// Must equal: SluiceCPUKernels bagGradient
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void embedding_bag_backward(
    __global const float *d_output, long d_output_offset, int d_output_stride,
    __global const int *offsets, long offsets_offset, int count, __global const int *indices,
    long indices_offset, int total, __global const float *values, long values_offset,
    __global const int *documents, long documents_offset, int batch, __global float *d_table,
    long d_table_offset, int limit, int columns, int size, float scale, __global int *fault) {
  __local int begins[GROUP];
  __local int ends[GROUP];
  const int lane = get_local_id(0);
  const int lower = get_group_id(0) * size;
  const int upper = min(limit, lower + size);
  indices += indices_offset;
  values += values_offset;
  for (int first = 0; first < batch; first += GROUP) {
    const int n = first + lane;
    int begin = 0;
    int end = 0;
    if (n < batch) {
      const int2 extent = document_extent(
          offsets, offsets_offset, count, documents, documents_offset, n, total, fault);
      begin = first_not_below(indices, extent.x, extent.x + extent.y, lower);
      end = first_not_below(indices, begin, extent.x + extent.y, upper);
    }
    begins[lane] = begin;
    ends[lane] = end;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int column = lane; column < columns; column += GROUP) {
      for (int k = 0; k < min(GROUP, batch - first); k++) {
        if (begins[k] == ends[k]) continue;
        const float slope =
            d_output[d_output_offset + (long)(first + k) * d_output_stride + column];
        for (int i = begins[k]; i < ends[k]; i++) {
          const int index = indices[i];
          // Only in a document out of order does another one's index stand here.
          if (index < lower || index >= upper) continue;
          __global float *to = d_table + d_table_offset + (long)index * columns + column;
          *to = fma(scale * values[i], slope, *to);
        }
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
}
