// One optimizer step over a run of the arena.

// As OptimizerRule.Algorithm numbers them.
#define SGD 0
#define RMSPROP 1
#define ADAM 2
#define ADAMW 3
#define LION 4

// A run of the arena whose weights share settings.
typedef struct {
  int start;
  int end;
  float rate_scale;
  float decay;
} group;

#define GROUP 256

// weights[i] changed by gradients[i] under one rule.
void change_weight(
    int rule, __global float *weight, float gradient, __global float *moment1,
    __global float *moment2, float rate, float decay, float constant1, float constant2,
    float constant3, float correction1, float correction2) {
  float w = *weight;
  float g = gradient;
  if (rule == ADAMW || rule == LION) {
    w *= 1.0f - rate * decay;
  } else {
    g = fma(w, decay, g);
  }
  float change = g;
  float factor = rate;
  if (rule == RMSPROP) {
    const float smoothing = constant1, epsilon = constant2;
    const float s = fma(*moment1, smoothing, g * g * (1.0f - smoothing));
    *moment1 = s;
    change = g / (sqrt(s) + epsilon);
  } else if (rule == ADAM || rule == ADAMW) {
    const float beta1 = constant1, beta2 = constant2, epsilon = constant3;
    const float m = fma(*moment1, beta1, g * (1.0f - beta1));
    const float v = fma(*moment2, beta2, g * g * (1.0f - beta2));
    *moment1 = m;
    *moment2 = v;
    change = m / fma(sqrt(v), 1.0f / sqrt(correction2), epsilon);
    factor = rate / correction1;
  } else if (rule == LION) {
    const float beta1 = constant1, beta2 = constant2;
    const float m = *moment1;
    *moment1 = fma(m, beta2, g * (1.0f - beta2));
    change = sign(fma(m, beta1, g * (1.0f - beta1)));
  } else if (moment1) {
    const float momentum = constant1;
    const bool is_nesterov = constant2 != 0.0f;
    const float v = fma(*moment1, momentum, g);
    *moment1 = v;
    change = is_nesterov ? fma(v, momentum, g) : v;
  }
  *weight = fma(-factor, change, w);
}

// weights[i] changed by gradients[i] under one rule, unless the step is called off, and their average:
// every item looks at the norm and the losses itself, which costs less than a launch that looks once
// for all.
//
// weights, gradients          [count]
// moment1, moment2            [count], or null where the rule has none
// average                     [count], or null; becomes kept * average + taken * weights
// groups                      [group_count], ascending; elements outside all of them stay
// partials                    [parts] of sum_of_squares over the gradients, which every group adds up
//                             as sum_partials does
// squared_norm                [1]: of all gradients; written where there are parts, else read
// losses                      [loss_count], or null
// halt                        [1]; set to 1 where the norm or a loss is not finite. No weight changes
//                             where it is 1. Who sets it does not read it, so no two race
// clip_norm                   negative: gradients are not clipped
// constant1 to constant3      the rule's constants, in the order of OptimizerRule
// correction1, correction2    1 - constant^step of the first two
// Local GROUP; global an item per element, at least one, rounded up to whole groups.
// Must equal: SluiceCPU execute(OptimizerStep)
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void optimizer_step(
    int rule, __global float *weights, long weights_offset, __global const float *gradients,
    long gradients_offset, __global float *moment1, long moment1_offset, __global float *moment2,
    long moment2_offset, __global float *average, long average_offset, float kept, float taken,
    __global const float *partials, int parts, __global float *squared_norm,
    long squared_norm_offset, __global const float *losses, long losses_offset, int loss_count,
    __global int *halt, long halt_offset, float clip_norm, __global const group *groups,
    int group_count, int count, float learning_rate, float constant1, float constant2,
    float constant3, float correction1, float correction2) {
  __local float2 sums[GROUP];
  const int lane = get_local_id(0);
  const int i = get_global_id(0);
  const float sum = add_parts(sums, lane, GROUP, partials, parts, 1, 0);
  const float norm = parts > 0 ? sum : squared_norm[squared_norm_offset];
  if (parts > 0 && i == 0) squared_norm[squared_norm_offset] = norm;
  bool is_finite = isfinite(norm);
  for (int k = 0; k < loss_count; k++) is_finite &= (bool)isfinite(losses[losses_offset + k]);
  if (!is_finite && i == 0) halt[halt_offset] = 1;
  if (i >= count) return;
  if (is_finite && halt[halt_offset] != 1) {
    const float clip = clip_norm >= 0.0f ? fmin(1.0f, clip_norm / (sqrt(norm) + 1e-6f)) : 1.0f;
    // As many rounds for every item.
    int which = -1;
    for (int k = 0; k < group_count; k++)
      if (groups[k].start <= i && i < groups[k].end) which = k;
    if (which >= 0)
      change_weight(
          rule, weights + weights_offset + i, gradients[gradients_offset + i] * clip,
          moment1 ? moment1 + moment1_offset + i : 0, moment2 ? moment2 + moment2_offset + i : 0,
          learning_rate * groups[which].rate_scale, groups[which].decay, constant1, constant2,
          constant3, correction1, correction2);
  }
  if (average)
    average[average_offset + i] =
        fma(average[average_offset + i], kept, weights[weights_offset + i] * taken);
}
