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

// weights[i] changed by gradients[i] under one rule, unless the step is called off: every item looks
// at the norm and the losses itself, which costs less than a launch that looks once for all.
//
// weights, gradients          [count]
// moment1, moment2            [count], or null where the rule has none
// groups                      [group_count], ascending; elements outside all of them stay
// squared_norm                [1]: of all gradients
// losses                      [loss_count], or null
// halt                        [1]; set to 1 where the norm or a loss is not finite. Nothing changes
//                             where it is 1. Who sets it does not read it, so no two race
// clip_norm                   negative: gradients are not clipped
// constant1 to constant3      the rule's constants, in the order of OptimizerRule
// correction1, correction2    1 - constant^step of the first two
// One item per element, at least one.
// Must equal: SluiceCPU execute(OptimizerStep)
__kernel void optimizer_step(
    int rule, __global float *weights, long weights_offset, __global const float *gradients,
    long gradients_offset, __global float *moment1, long moment1_offset, __global float *moment2,
    long moment2_offset, __global const float *squared_norm, long squared_norm_offset,
    __global const float *losses, long losses_offset, int loss_count, __global int *halt,
    long halt_offset, float clip_norm, __global const group *groups, int group_count, int count,
    float learning_rate, float constant1, float constant2, float constant3, float correction1,
    float correction2) {
  const int i = get_global_id(0);
  const float norm = squared_norm[squared_norm_offset];
  bool is_finite = isfinite(norm);
  for (int k = 0; k < loss_count; k++) is_finite &= (bool)isfinite(losses[losses_offset + k]);
  if (!is_finite) {
    if (i == 0) halt[halt_offset] = 1;
    return;
  }
  if (i >= count || halt[halt_offset] == 1) return;
  const float clip = clip_norm >= 0.0f ? fmin(1.0f, clip_norm / (sqrt(norm) + 1e-6f)) : 1.0f;
  int which = 0;
  while (which < group_count && groups[which].end <= i) which++;
  if (which == group_count || groups[which].start > i) return;
  const float rate = learning_rate * groups[which].rate_scale;
  const float decay = groups[which].decay;
  float w = weights[weights_offset + i];
  float g = gradients[gradients_offset + i] * clip;
  if (rule == ADAMW || rule == LION) {
    w *= 1.0f - rate * decay;
  } else {
    g = fma(w, decay, g);
  }
  float change = g;
  float factor = rate;
  if (rule == RMSPROP) {
    const float smoothing = constant1, epsilon = constant2;
    const float s = fma(moment1[moment1_offset + i], smoothing, g * g * (1.0f - smoothing));
    moment1[moment1_offset + i] = s;
    change = g / (sqrt(s) + epsilon);
  } else if (rule == ADAM || rule == ADAMW) {
    const float beta1 = constant1, beta2 = constant2, epsilon = constant3;
    const float m = fma(moment1[moment1_offset + i], beta1, g * (1.0f - beta1));
    const float v = fma(moment2[moment2_offset + i], beta2, g * g * (1.0f - beta2));
    moment1[moment1_offset + i] = m;
    moment2[moment2_offset + i] = v;
    change = m / fma(sqrt(v), 1.0f / sqrt(correction2), epsilon);
    factor = rate / correction1;
  } else if (rule == LION) {
    const float beta1 = constant1, beta2 = constant2;
    const float m = moment1[moment1_offset + i];
    moment1[moment1_offset + i] = fma(m, beta2, g * (1.0f - beta2));
    change = sign(fma(m, beta1, g * (1.0f - beta1)));
  } else if (moment1) {
    const float momentum = constant1;
    const bool is_nesterov = constant2 != 0.0f;
    const float v = fma(moment1[moment1_offset + i], momentum, g);
    moment1[moment1_offset + i] = v;
    change = is_nesterov ? fma(v, momentum, g) : v;
  }
  weights[weights_offset + i] = fma(-factor, change, w);
}
