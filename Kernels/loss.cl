// Losses: the sums over a fixed number of elements per group; then the gradient, which needs the whole
// weight and adds it up. Without a gradient sum_partials does.

#define GROUP 256

#define SQUARED 0
#define ABSOLUTE 1
#define HUBER 2
#define QUANTILE 3
#define BINARY 4

float element_loss(int kind, float parameter, float p, float y) {
  const float e = y - p;
  switch (kind) {
    case ABSOLUTE: return fabs(e);
    case HUBER: {
      const float size = fabs(e);
      return size <= parameter ? size * size / 2.0f : parameter * (size - parameter / 2.0f);
    }
    case QUANTILE: return e >= 0.0f ? parameter * e : (parameter - 1.0f) * e;
    case BINARY: {
      // log(1 + e^-|p|) never overflows.
      const float tail = log1p(exp(-fabs(p)));
      const float negative_log = (p < 0.0f ? -p : 0.0f) + tail;
      const float complement_log = (p > 0.0f ? p : 0.0f) + tail;
      const float value = (1.0f - y) * complement_log;
      return y == 0.0f ? value : value + parameter * y * negative_log;
    }
    default: return e * e;
  }
}

float element_slope(int kind, float parameter, float p, float y) {
  const float e = p - y;
  switch (kind) {
    case ABSOLUTE: return e > 0.0f ? 1.0f : e < 0.0f ? -1.0f : e;
    case HUBER: return e > parameter ? parameter : e < -parameter ? -parameter : e;
    case QUANTILE: return e < 0.0f ? -parameter : e > 0.0f ? 1.0f - parameter : e;
    case BINARY: {
      const float z = exp(-fabs(p));
      const float probability = p >= 0.0f ? 1.0f / (1.0f + z) : z / (1.0f + z);
      const float complement = p >= 0.0f ? z / (1.0f + z) : 1.0f / (1.0f + z);
      return (1.0f - y) * probability - parameter * y * complement;
    }
    default: return 2.0f * e;
  }
}

// Element i: its weight, prediction, target and parameter; all zero where the weight is.
float4 element(
    int kind, float parameter, __global const float *prediction, long prediction_offset,
    int prediction_stride, __global const float *target, long target_offset,
    __global const float *row_weights, long row_weights_offset, __global const float *quantiles,
    int columns, int i) {
  const int row = i / columns;
  const int column = i % columns;
  const float weight = row_weights ? row_weights[row_weights_offset + row] : 1.0f;
  if (weight == 0.0f) return (float4)(0.0f);
  return (float4)(
      weight, prediction[prediction_offset + (long)row * prediction_stride + column],
      target[target_offset + (kind == QUANTILE ? row : i)],
      kind == QUANTILE ? quantiles[column] : parameter);
}

// Sums of weight * loss and of weight over GROUP * 8 elements per group.
//
// prediction   [rows, columns]
// target       [rows, columns], or [rows] for quantiles; contiguous
// row_weights  [rows] or null; a row of weight 0 says nothing, whatever it holds
// quantiles    [columns] for quantiles, else null
// partials     [groups, 2]; written
// Local GROUP; global GROUP * ceil(rows * columns / (GROUP * 8)).
// Must equal: SluiceCPUKernels loss
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void loss_elements(
    int kind, float parameter, __global const float *prediction, long prediction_offset,
    int prediction_stride, __global const float *target, long target_offset,
    __global const float *row_weights, long row_weights_offset, __global const float *quantiles,
    int columns, int count, __global float *partials) {
  __local float2 sums[GROUP];
  const int begin = get_group_id(0) * GROUP * 8;
  float2 sum = (float2)(0.0f);
  for (int round = 0; round < 8; round++) {
    const int i = begin + round * GROUP + (int)get_local_id(0);
    if (i >= count) continue;
    const float4 e = element(
        kind, parameter, prediction, prediction_offset, prediction_stride, target, target_offset,
        row_weights, row_weights_offset, quantiles, columns, i);
    if (e.x == 0.0f) continue;
    sum.x += e.x * element_loss(kind, e.w, e.y, e.z);
    sum.y += e.x;
  }
  leave_sums(sums, GROUP, sum, partials);
}

// d_prediction = gradient_scale / weight of all * weight * slope; all zero where the weight is.
//
// partials      [part_count, 2]: what loss_elements left, which every group adds up
// statistics    [2]; written: the sums
// d_prediction  [rows, columns]; written
// The others as for loss_elements. Local GROUP; global one item per element.
// Must equal: SluiceCPUKernels lossGradient
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void loss_elements_gradient(
    int kind, float parameter, __global const float *prediction, long prediction_offset,
    int prediction_stride, __global const float *target, long target_offset,
    __global const float *row_weights, long row_weights_offset, __global const float *quantiles,
    int columns, int count, __global const float *partials, int part_count,
    __global float *statistics, long statistics_offset, float gradient_scale,
    __global float *d_prediction, long d_prediction_offset, int d_prediction_stride) {
  __local float2 sums[GROUP];
  const float total =
      join_sums(sums, GROUP, partials, part_count, statistics + statistics_offset);
  const int i = get_global_id(0);
  if (i >= count) return;
  const float4 e = element(
      kind, parameter, prediction, prediction_offset, prediction_stride, target, target_offset,
      row_weights, row_weights_offset, quantiles, columns, i);
  float d = 0.0f;
  if (e.x != 0.0f && total != 0.0f && gradient_scale != 0.0f)
    d = e.x * (gradient_scale / total) * element_slope(kind, e.w, e.y, e.z);
  d_prediction[d_prediction_offset + (long)(i / columns) * d_prediction_stride + i % columns] = d;
}

// loss_elements, sum_partials and loss_elements_gradient in one group, for a few elements.
//
// statistics    [2]; written: the sums of weight * loss and of weight
// d_prediction  [rows, columns], or null; written
// The others as above. Local GROUP; global GROUP.
// Must equal: SluiceCPUKernels loss and lossGradient
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void loss_elements_once(
    int kind, float parameter, __global const float *prediction, long prediction_offset,
    int prediction_stride, __global const float *target, long target_offset,
    __global const float *row_weights, long row_weights_offset, __global const float *quantiles,
    int columns, int count, __global float *statistics, long statistics_offset,
    float gradient_scale, __global float *d_prediction, long d_prediction_offset,
    int d_prediction_stride) {
  __local float2 sums[GROUP];
  __local float total[1];
  const int lane = get_local_id(0);
  float2 sum = (float2)(0.0f);
  for (int i = lane; i < count; i += GROUP) {
    const float4 e = element(
        kind, parameter, prediction, prediction_offset, prediction_stride, target, target_offset,
        row_weights, row_weights_offset, quantiles, columns, i);
    if (e.x == 0.0f) continue;
    sum.x += e.x * element_loss(kind, e.w, e.y, e.z);
    sum.y += e.x;
  }
  leave_sums(sums, GROUP, sum, statistics + statistics_offset);
  if (lane == 0) total[0] = sums[0].y;
  barrier(CLK_LOCAL_MEM_FENCE);
  if (!d_prediction) return;
  const float scale = total[0] == 0.0f ? 0.0f : gradient_scale / total[0];
  for (int i = lane; i < count; i += GROUP) {
    const float4 e = element(
        kind, parameter, prediction, prediction_offset, prediction_stride, target, target_offset,
        row_weights, row_weights_offset, quantiles, columns, i);
    float d = 0.0f;
    if (e.x != 0.0f && scale != 0.0f) d = e.x * scale * element_slope(kind, e.w, e.y, e.z);
    d_prediction[d_prediction_offset + (long)(i / columns) * d_prediction_stride + i % columns] = d;
  }
}

// How far a quantile lies from its neighbour towards the middle.
float mixture_width(float r) {
  const float x = r + 0.5f;
  return 1.5f * ((x > 0.0f ? x : 0.0f) + log1p(exp(-fabs(x))));
}

// The largest score, the sum of e^(score - largest) and the mixture of a row; a number of 1e30 and
// beyond is missing.
float4 mixture_parts(__global const float *p, __global const float *bases, int count) {
  float largest = -INFINITY;
  float bad = 0.0f;
  for (int k = 0; k < count; k++) {
    if (!isfinite(p[k])) bad = NAN;
    if (fabs(bases[k]) < 1e30f && p[k] > largest) largest = p[k];
  }
  float total = 0.0f;
  float product = 0.0f;
  for (int k = 0; k < count; k++) {
    if (!(fabs(bases[k]) < 1e30f)) continue;
    const float term = exp(p[k] - largest);
    total += term;
    product += term * bases[k];
  }
  return (float4)(largest, total, product / total + bad, 0.0f);
}

float pinball_slope(float level, float y, float value) {
  const float e = y - value;
  return e > 0.0f ? -level : e < 0.0f ? 1.0f - level : -e;
}

// The pinball losses of quantiles around a mixture of given numbers: sums over GROUP rows per group,
// one item a row.
//
// prediction   [rows, columns]: a score for each number, then quantile_count numbers
// target       [rows, 1 + columns - quantile_count]: the truth, then the numbers; contiguous
// row_weights  [rows] or null
// quantiles    [quantile_count], odd
// partials     [groups, 2]; written
// Local GROUP; global GROUP * ceil(rows / GROUP).
// Must equal: SluiceCPUKernels mixtureLoss
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void loss_mixture(
    __global const float *prediction, long prediction_offset, int prediction_stride,
    __global const float *target, long target_offset, __global const float *row_weights,
    long row_weights_offset, __global const float *quantiles, int quantile_count, int columns,
    int rows, __global float *partials) {
  __local float2 sums[GROUP];
  const int row = get_global_id(0);
  float2 sum = (float2)(0.0f);
  const float weight =
      row < rows ? (row_weights ? row_weights[row_weights_offset + row] : 1.0f) : 0.0f;
  if (weight != 0.0f) {
    const int count = columns - quantile_count;
    const int middle = quantile_count / 2;
    __global const float *p = prediction + prediction_offset + (long)row * prediction_stride;
    __global const float *truth = target + target_offset + (long)row * (count + 1);
    const float median = mixture_parts(p, truth + 1, count).z + p[count + middle];
    float value = element_loss(QUANTILE, quantiles[middle], median, truth[0]);
    float at = median;
    for (int q = middle + 1; q < quantile_count; q++) {
      at += mixture_width(p[count + q]);
      value += element_loss(QUANTILE, quantiles[q], at, truth[0]);
    }
    at = median;
    for (int q = middle - 1; q >= 0; q--) {
      at -= mixture_width(p[count + q]);
      value += element_loss(QUANTILE, quantiles[q], at, truth[0]);
    }
    sum = (float2)(weight * value, weight);
  }
  leave_sums(sums, GROUP, sum, partials);
}

// The gradient of loss_mixture. One item a row; local GROUP.
//
// partials      [part_count, 2]: what loss_mixture left, which every group adds up
// statistics    [2]; written: the sums
// d_prediction  [rows, columns]; written
// Must equal: SluiceCPUKernels mixtureGradient
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void loss_mixture_gradient(
    __global const float *prediction, long prediction_offset, int prediction_stride,
    __global const float *target, long target_offset, __global const float *row_weights,
    long row_weights_offset, __global const float *quantiles, int quantile_count, int columns,
    int rows, __global const float *partials, int part_count, __global float *statistics,
    long statistics_offset, float gradient_scale, __global float *d_prediction,
    long d_prediction_offset, int d_prediction_stride) {
  __local float2 sums[GROUP];
  const float total = join_sums(sums, GROUP, partials, part_count, statistics + statistics_offset);
  const int row = get_global_id(0);
  if (row >= rows) return;
  const int count = columns - quantile_count;
  const int middle = quantile_count / 2;
  const float own = row_weights ? row_weights[row_weights_offset + row] : 1.0f;
  const float weight = total == 0.0f ? 0.0f : own * (gradient_scale / total);
  __global const float *p = prediction + prediction_offset + (long)row * prediction_stride;
  __global float *to = d_prediction + d_prediction_offset + (long)row * d_prediction_stride;
  if (weight == 0.0f) {
    for (int j = 0; j < columns; j++) to[j] = 0.0f;
    return;
  }
  __global const float *truth = target + target_offset + (long)row * (count + 1);
  const float4 parts = mixture_parts(p, truth + 1, count);
  const float median = parts.z + p[count + middle];
  float all = pinball_slope(quantiles[middle], truth[0], median);
  float at = median;
  for (int q = middle + 1; q < quantile_count; q++) {
    at += mixture_width(p[count + q]);
    to[count + q] = pinball_slope(quantiles[q], truth[0], at);
  }
  at = median;
  for (int q = middle - 1; q >= 0; q--) {
    at -= mixture_width(p[count + q]);
    to[count + q] = pinball_slope(quantiles[q], truth[0], at);
  }
  // A width moves all quantiles on its side that lie further out.
  float side = 0.0f;
  for (int q = quantile_count - 1; q > middle; q--) {
    side += to[count + q];
    to[count + q] = weight * side * 1.5f * sigmoid(p[count + q] + 0.5f);
  }
  all += side;
  side = 0.0f;
  for (int q = 0; q < middle; q++) {
    side += to[count + q];
    to[count + q] = -weight * side * 1.5f * sigmoid(p[count + q] + 0.5f);
  }
  all += side;
  to[count + middle] = weight * all;
  for (int k = 0; k < count; k++) {
    const float base = truth[1 + k];
    to[k] = fabs(base) < 1e30f
        ? weight * all * (exp(p[k] - parts.x) / parts.y) * (base - parts.z)
        : 0.0f;
  }
}
