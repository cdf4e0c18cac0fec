// The softmax cross-entropy and the ranked probability score: as in loss.cl the sums of each group, then
// the gradient.

#define GROUP 256

// The largest of a row, and the sum of e^(x - largest). NaN where one is NaN.
float2 row_exponentials(__global const float *p, int columns) {
  float largest = -INFINITY;
  for (int j = 0; j < columns; j++) {
    const float value = p[j];
    if (value > largest || isnan(value)) largest = value;
    if (isnan(value)) break;
  }
  float total = 0.0f;
  for (int j = 0; j < columns; j++) total += exp(p[j] - largest);
  return (float2)(largest, total);
}

// F[k] - 1[y <= k], F the cumulative sum of the softmax; F stands in `cumulative` and is moved on.
float ranked_difference(
    __global const float *p, int k, int y, float2 parts, float *cumulative) {
  *cumulative += exp(p[k] - parts.x) / parts.y;
  return *cumulative - (y <= k ? 1.0f : 0.0f);
}

// The sum over k < columns - 1 of (F[k] - 1[y <= k])^2; `parts` is what row_exponentials gave.
float ranked_score(__global const float *p, int columns, int y, float2 parts) {
  float score = 0.0f;
  float cumulative = 0.0f;
  for (int k = 0; k < columns - 1; k++) {
    const float d = ranked_difference(p, k, y, parts, &cumulative);
    score += d * d;
  }
  return score;
}

// Mixes the gradient of cross-entropy in `to` with that of the score, `weight` times
// 2 P[j] (sum over j <= k < columns - 1 of d[k] - sum over k < columns - 1 of d[k] F[k]).
void mix_ranked_gradient(
    float share, __global const float *p, int columns, int y, float2 parts, float weight,
    __global float *to) {
  float total = 0.0f;
  float product = 0.0f;
  float cumulative = 0.0f;
  for (int k = 0; k < columns - 1; k++) {
    const float d = ranked_difference(p, k, y, parts, &cumulative);
    total += d;
    product += d * cumulative;
  }
  // `total` shrinks to the sum from j on.
  cumulative = 0.0f;
  for (int j = 0; j < columns; j++) {
    const float probability = exp(p[j] - parts.x) / parts.y;
    to[j] = (1.0f - share) * to[j] + share * weight * 2.0f * probability * (total - product);
    if (j < columns - 1) total -= ranked_difference(p, j, y, parts, &cumulative);
  }
}

// The weight of row r: that of the row times that of its class. 0 for a class out of range.
float row_weight(
    __global const float *row_weights, long row_weights_offset,
    __global const float *class_weights, long class_weights_offset, int row, int target,
    int columns, __global int *fault) {
  const bool is_valid = check_index(fault, FAULT_CLASS, row, target, columns);
  const float weight = row_weights ? row_weights[row_weights_offset + row] : 1.0f;
  if (!is_valid) return 0.0f;
  return weight * (class_weights ? class_weights[class_weights_offset + target] : 1.0f);
}

// Weight * loss and weight of a row of predictions p.
float2 softmax_loss(float share, __global const float *p, int columns, int y, float weight) {
  if (weight == 0.0f) return (float2)(0.0f);
  const float2 parts = row_exponentials(p, columns);
  float value = (parts.x - p[y]) + log(parts.y);
  if (share != 0.0f) value = (1.0f - share) * value + share * ranked_score(p, columns, y, parts);
  return (float2)(weight * value, weight);
}

// The gradient of that, `weight` times; zero where the weight is.
void softmax_slope(
    float share, __global const float *p, int columns, int y, float weight, __global float *to) {
  const float2 parts = weight == 0.0f ? (float2)(0.0f, 1.0f) : row_exponentials(p, columns);
  for (int j = 0; j < columns; j++) {
    const float probability = weight == 0.0f ? 0.0f : exp(p[j] - parts.x) / parts.y;
    to[j] = weight == 0.0f ? 0.0f : weight * (j == y ? probability - 1.0f : probability);
  }
  if (share != 0.0f && weight != 0.0f) mix_ranked_gradient(share, p, columns, y, parts, weight, to);
}

// Softmax cross-entropy, mixed with the ranked probability score by its share: sums over GROUP rows
// per group, one item a row.
//
// share          0 for cross-entropy alone, 1 for the score alone
// prediction     [rows, columns]
// target         [rows], int
// row_weights    [rows] or null
// class_weights  [columns] or null
// partials       [groups, 2]; written
// Local GROUP; global GROUP * ceil(rows / GROUP).
// Must equal: SluiceCPUKernels loss
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void loss_softmax(
    float share, __global const float *prediction, long prediction_offset, int prediction_stride,
    __global const int *target, long target_offset, __global const float *row_weights,
    long row_weights_offset, __global const float *class_weights, long class_weights_offset,
    int columns, int rows, __global float *partials, __global int *fault) {
  __local float2 sums[GROUP];
  const int row = get_global_id(0);
  float2 sum = (float2)(0.0f);
  if (row < rows) {
    const int y = target[target_offset + row];
    const float weight = row_weight(
        row_weights, row_weights_offset, class_weights, class_weights_offset, row, y, columns,
        fault);
    sum = softmax_loss(
        share, prediction + prediction_offset + (long)row * prediction_stride, columns, y, weight);
  }
  leave_sums(sums, GROUP, sum, partials);
}

// The gradient of loss_softmax. One item a row; local GROUP.
//
// partials      [part_count, 2]: what loss_softmax left, which every group adds up
// statistics    [2]; written: the sums
// d_prediction  [rows, columns]; written
// Must equal: SluiceCPUKernels lossGradient
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void loss_softmax_gradient(
    float share, __global const float *prediction, long prediction_offset, int prediction_stride,
    __global const int *target, long target_offset, __global const float *row_weights,
    long row_weights_offset, __global const float *class_weights, long class_weights_offset,
    int columns, int rows, __global const float *partials, int part_count,
    __global float *statistics, long statistics_offset, float gradient_scale,
    __global float *d_prediction, long d_prediction_offset, int d_prediction_stride,
    __global int *fault) {
  __local float2 sums[GROUP];
  const float total = join_sums(sums, GROUP, partials, part_count, statistics + statistics_offset);
  const int row = get_global_id(0);
  if (row >= rows) return;
  const int y = target[target_offset + row];
  const float own = row_weight(
      row_weights, row_weights_offset, class_weights, class_weights_offset, row, y, columns,
      fault);
  softmax_slope(
      share, prediction + prediction_offset + (long)row * prediction_stride, columns, y,
      total == 0.0f ? 0.0f : own * (gradient_scale / total),
      d_prediction + d_prediction_offset + (long)row * d_prediction_stride);
}

// loss_softmax, sum_partials and loss_softmax_gradient in one group, for a few rows.
//
// statistics    [2]; written: the sums of weight * loss and of weight
// d_prediction  [rows, columns], or null; written
// The others as above. Local GROUP; global GROUP.
// Must equal: SluiceCPUKernels loss and lossGradient
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void loss_softmax_once(
    float share, __global const float *prediction, long prediction_offset, int prediction_stride,
    __global const int *target, long target_offset, __global const float *row_weights,
    long row_weights_offset, __global const float *class_weights, long class_weights_offset,
    int columns, int rows, __global float *statistics, long statistics_offset,
    float gradient_scale, __global float *d_prediction, long d_prediction_offset,
    int d_prediction_stride, __global int *fault) {
  __local float2 sums[GROUP];
  __local float total[1];
  const int lane = get_local_id(0);
  float2 sum = (float2)(0.0f);
  for (int row = lane; row < rows; row += GROUP) {
    const int y = target[target_offset + row];
    const float weight = row_weight(
        row_weights, row_weights_offset, class_weights, class_weights_offset, row, y, columns,
        fault);
    sum += softmax_loss(
        share, prediction + prediction_offset + (long)row * prediction_stride, columns, y, weight);
  }
  leave_sums(sums, GROUP, sum, statistics + statistics_offset);
  if (lane == 0) total[0] = sums[0].y;
  barrier(CLK_LOCAL_MEM_FENCE);
  if (!d_prediction) return;
  const float scale = total[0] == 0.0f ? 0.0f : gradient_scale / total[0];
  for (int row = lane; row < rows; row += GROUP) {
    const int y = target[target_offset + row];
    const float own = row_weight(
        row_weights, row_weights_offset, class_weights, class_weights_offset, row, y, columns,
        fault);
    softmax_slope(
        share, prediction + prediction_offset + (long)row * prediction_stride, columns, y,
        own * scale, d_prediction + d_prediction_offset + (long)row * d_prediction_stride);
  }
}
