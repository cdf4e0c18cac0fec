// One optimizer step over a run of the arena.

// Looks at the norm of all gradients: whether the step goes on, and by what gradients are scaled.
//
// squared_norm  [1]
// clip_norm     negative: not clipped
// halt          [1]; set to 1 where the norm is not finite
// decision      [2]; written: the scale, and 1 where the step goes on
// One item.
// Must equal: the beginning of SluiceCPU's execute(OptimizerStep)
__kernel void optimizer_decide(
    __global const float *squared_norm, long squared_norm_offset, __global int *halt,
    long halt_offset, float clip_norm, __global float *decision) {
  if (get_global_id(0) != 0) return;
  const float norm = squared_norm[squared_norm_offset];
  if (!isfinite(norm)) halt[halt_offset] = 1;
  decision[0] = clip_norm >= 0.0f ? fmin(1.0f, clip_norm / (sqrt(norm) + 1e-6f)) : 1.0f;
  decision[1] = halt[halt_offset] == 1 ? 0.0f : 1.0f;
}

#define SGD 0
#define NESTEROV 1
#define RMSPROP 2
#define ADAM 3
#define ADAMW 4

// A run of the arena whose weights share settings.
typedef struct {
  int start;
  int end;
  float rate_scale;
  float decay;
} group;

// weights[i] changed by gradients[i] under one rule, unless the step was called off.
//
// weights, gradients          [count]
// moment1, moment2            [count], or null where the rule has none
// groups                      [group_count], ascending; elements outside all of them stay
// decision                    from optimizer_decide
// beta1                       momentum for SGD, decay for RMSprop
// correction1, correction2    1 - beta^step, for Adam
// One item per element.
// Must equal: SluiceCPUKernels optimize
__kernel void optimizer_step(
    int rule, __global float *weights, long weights_offset, __global const float *gradients,
    long gradients_offset, __global float *moment1, long moment1_offset, __global float *moment2,
    long moment2_offset, __global const float *decision, __global const group *groups,
    int group_count, int count, float learning_rate, float beta1, float beta2, float epsilon,
    float correction1, float correction2) {
  const int i = get_global_id(0);
  if (i >= count || decision[1] == 0.0f) return;
  int which = 0;
  while (which < group_count && groups[which].end <= i) which++;
  if (which == group_count || groups[which].start > i) return;
  const float rate = learning_rate * groups[which].rate_scale;
  const float decay = groups[which].decay;
  float w = weights[weights_offset + i];
  float g = gradients[gradients_offset + i] * decision[0];
  if (rule != ADAMW) g = fma(w, decay, g);
  float change = g;
  float factor = rate;
  if (rule == RMSPROP) {
    const float s = fma(moment1[moment1_offset + i], beta1, g * g * (1.0f - beta1));
    moment1[moment1_offset + i] = s;
    change = g / (sqrt(s) + epsilon);
  } else if (rule == ADAM || rule == ADAMW) {
    if (rule == ADAMW) w *= 1.0f - rate * decay;
    const float m = fma(moment1[moment1_offset + i], beta1, g * (1.0f - beta1));
    const float v = fma(moment2[moment2_offset + i], beta2, g * g * (1.0f - beta2));
    moment1[moment1_offset + i] = m;
    moment2[moment2_offset + i] = v;
    change = m / fma(sqrt(v), 1.0f / sqrt(correction2), epsilon);
    factor = rate / correction1;
  } else if (moment1) {
    const float v = fma(moment1[moment1_offset + i], beta1, g);
    moment1[moment1_offset + i] = v;
    change = rule == NESTEROV ? fma(v, beta1, g) : v;
  }
  weights[weights_offset + i] = fma(-factor, change, w);
}
