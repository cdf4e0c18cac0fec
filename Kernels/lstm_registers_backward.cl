// The gradient of the recurrence in lstm_registers_forward.cl, with the recurrent weights in registers.
//
// A step has two halves with a barrier after each. In the update, item (x, q) joins the parts of the
// hidden state's gradient for unit x and the rows q, q + 4, ..., and makes the gradients of their gates.
// In the product, items that are alike in `part` add up an eighth of the units' gates for all hidden
// units, two of them each. What the update reads of global memory was asked for a step before.
//
// Options: HIDDEN: H, a constant here; ROWS; NEAR: of how many units of its part an item keeps the
// weights in registers, an even number. It reads the others from the caches in every step, so `weights`
// must not be `restrict`: the compiler would read all of them before the first step and spill them;
// BOTH (0 or 1): whether a second layer of the same extents runs beside, with groups of its own.

#define UNITS ((HIDDEN + 31) / 32 * 32)
#define ITEMS (4 * UNITS)
#define EACH 2
#define PARTS (4 * EACH)
#define LANES (UNITS / EACH)
// Units of a part, and rows that an item updates.
#define SPAN (((HIDDEN + PARTS - 1) / PARTS + 1) / 2 * 2)
#define OWN ((ROWS + 3) / 4)

// sum + w * d over the four gates in two chains: one alone waits for itself, four hold registers.
#define ADD_PRODUCT(w, d, sum) fma((w).zw, (d).zw, fma((w).xy, (d).xy, sum))

// The weights from hidden unit k to the four gates of unit j; zero past the end of either. Not by
// gate_weights of common.clh: with it NVIDIA's assembler spills at HIDDEN = 128 for sm_80.
float4 weights_between(__global const float *weights, int j, int k) {
  if (j >= HIDDEN || k >= HIDDEN) return (float4)(0.0f);
  __global const float *from = weights + j * HIDDEN + k;
  return (float4)(
      from[0], from[HIDDEN * HIDDEN], from[2 * HIDDEN * HIDDEN], from[3 * HIDDEN * HIDDEN]);
}

// The same without a branch for unit `k` of an item's part: past the end of either, those of the last
// one, which meet a gradient that is zero, or make a sum that nobody reads.
#define FAR_WEIGHTS(k, e)                                                        \
  gate_vector(weights + min(part * SPAN + (k), HIDDEN - 1) * HIDDEN               \
      + min(lane + (e) * LANES, HIDDEN - 1))

float4 gate_vector(__global const float *from) {
  return (float4)(
      from[0], from[HIDDEN * HIDDEN], from[2 * HIDDEN * HIDDEN], from[3 * HIDDEN * HIDDEN]);
}

// gates: on entry activated, on return the gradients before activation, zero past a row's length.
//
// gates             [T, N, 4H] contiguous
// weights           [4H, H] contiguous
// initial_cell      [N, H] or null: zero
// mask, lengths     as for forward
// cells             [T, N, H] contiguous
// d_output          [T, N, H] or null: zero; what stands past a row's length is ignored
// d_final_*         [N, H] or null: zero
// d_initial_*       [N, H] or null; written; may be d_final_*
// With BOTH, the same of the other direction; `reverse` says which way the first one goes.
// Local (UNITS, 4); global (UNITS, 4 * ceil(N / ROWS), 1 + BOTH).
// Must equal: SluiceCPUKernels recurrentBackward
__kernel __attribute__((reqd_work_group_size(UNITS, 4, 1))) void lstm_registers_backward(
    __global float *gates, long gates_offset, __global const float *weights, long weights_offset,
    __global const float *initial_cell, long initial_cell_offset, __global const float *mask,
    __global const int *lengths, long lengths_offset, __global const float *cells,
    long cells_offset, __global const float *d_output, long d_output_offset, int d_output_stride,
    __global const float *d_final_hidden, long d_final_hidden_offset,
    __global const float *d_final_cell, long d_final_cell_offset,
    __global float *d_initial_hidden, long d_initial_hidden_offset,
    __global float *d_initial_cell, long d_initial_cell_offset, int T, int N, int reverse,
    __global int *fault
#if BOTH
    , __global float *gates2, long gates2_offset, __global const float *weights2,
    long weights2_offset, __global const float *initial_cell2, long initial_cell2_offset,
    __global const float *mask2, __global const int *lengths2, long lengths2_offset,
    __global const float *cells2, long cells2_offset, __global const float *d_output2,
    long d_output2_offset, int d_output2_stride, __global const float *d_final_hidden2,
    long d_final_hidden2_offset, __global const float *d_final_cell2, long d_final_cell2_offset,
    __global float *d_initial_hidden2, long d_initial_hidden2_offset,
    __global float *d_initial_cell2, long d_initial_cell2_offset
#endif
) {
#if BOTH
  if (get_group_id(2) == 1) {
    reverse = !reverse;
    gates = gates2, gates_offset = gates2_offset;
    weights = weights2, weights_offset = weights2_offset;
    initial_cell = initial_cell2, initial_cell_offset = initial_cell2_offset;
    mask = mask2, lengths = lengths2, lengths_offset = lengths2_offset;
    cells = cells2, cells_offset = cells2_offset;
    d_output = d_output2, d_output_offset = d_output2_offset, d_output_stride = d_output2_stride;
    d_final_hidden = d_final_hidden2, d_final_hidden_offset = d_final_hidden2_offset;
    d_final_cell = d_final_cell2, d_final_cell_offset = d_final_cell2_offset;
    d_initial_hidden = d_initial_hidden2, d_initial_hidden_offset = d_initial_hidden2_offset;
    d_initial_cell = d_initial_cell2, d_initial_cell_offset = d_initial_cell2_offset;
  }
#endif
  __local float4 d_gates[ROWS][PARTS * SPAN];
  __local float parts[ROWS][PARTS][UNITS];
  const int x = get_local_id(0);
  const int q = get_local_id(1);
  const int item = q * UNITS + x;
  const int lane = item % LANES;
  const int part = item / LANES;
  const int j = min(x, HIDDEN - 1);
  const int n0 = (int)get_group_id(1) * ROWS;
  // Against the direction of the recurrence.
  const int direction = reverse ? 1 : -1;
  const int first = reverse ? 0 : T - 1;
  const int last = T - 1 - first;
  gates += gates_offset + j;
  cells += cells_offset + j;
  weights += weights_offset;
  if (d_output) d_output += d_output_offset + j;

  float4 w[NEAR][EACH];
  #pragma unroll
  for (int i = 0; i < NEAR; i++)
    #pragma unroll
    for (int e = 0; e < EACH; e++)
      w[i][e] = weights_between(weights, part * SPAN + i, lane + e * LANES);

  for (int i = item; i < ROWS * PARTS * SPAN; i += ITEMS)
    (&d_gates[0][0])[i] = (float4)(0.0f);
  float d_hidden[OWN], d_cell[OWN], keep[OWN], before[OWN], here[OWN], given[OWN];
  float4 saved[OWN];
  int length[OWN];
  #pragma unroll
  for (int m = 0; m < OWN; m++) {
    const int r = 4 * m + q;
    const int n = n0 + r;
    const bool is_mine = x < HIDDEN && r < ROWS && n < N;
    const int place = n * HIDDEN + j;
    d_hidden[m] = is_mine && d_final_hidden ? d_final_hidden[d_final_hidden_offset + place] : 0.0f;
    d_cell[m] = is_mine && d_final_cell ? d_final_cell[d_final_cell_offset + place] : 0.0f;
    keep[m] = is_mine && mask ? mask[place] : 1.0f;
    length[m] = is_mine ? row_length(lengths, lengths_offset, n, T, fault) : 0;
  }

// What the update at step `at` reads: the activated gates, the cell state after the step and before
// it, and the output's gradient.
#define ASK(m, at, here_known)                                                                 \
  do {                                                                                         \
    const int row_ = (at) * N + n0 + 4 * m + q;                                                \
    const bool is_real_ = (at) < length[m];                                                    \
    const bool is_start_ = (at) == (reverse ? length[m] - 1 : 0);                              \
    here[m] = is_real_ ? ((here_known) ? before[m] : cells[row_ * HIDDEN]) : 0.0f;             \
    if (is_real_) {                                                                            \
      __global const float *from_ = gates + row_ * 4 * HIDDEN;                                 \
      saved[m] = (float4)(from_[0], from_[HIDDEN], from_[2 * HIDDEN], from_[3 * HIDDEN]);      \
      if (!is_start_) before[m] = cells[(row_ + direction * N) * HIDDEN];                      \
      else before[m] = initial_cell                                                            \
          ? initial_cell[initial_cell_offset + (n0 + 4 * m + q) * HIDDEN + j] : 0.0f;          \
      given[m] = d_output ? d_output[(long)row_ * d_output_stride] : 0.0f;                     \
    }                                                                                          \
  } while (0)

  #pragma unroll
  for (int m = 0; m < OWN; m++) {
    saved[m] = (float4)(0.0f);
    before[m] = given[m] = 0.0f;
    ASK(m, first, false);
  }
  barrier(CLK_LOCAL_MEM_FENCE);

  for (int s = 0; s < T; s++) {
    const int t = first + s * direction;
    #pragma unroll
    for (int m = 0; m < OWN; m++) {
      const int r = 4 * m + q;
      const int n = n0 + r;
      if (r >= ROWS) continue;
      const bool is_real = t < length[m];
      float4 d = (float4)(0.0f);
      if (is_real) {
        const float i = saved[m].x, f = saved[m].y, g = saved[m].z, o = saved[m].w;
        const float c = straight_tanh(here[m]);
        const float d_h = d_hidden[m] + given[m];
        const float d_c = fma(d_h * o, 1.0f - c * c, d_cell[m]);
        d = (float4)(
            d_c * g * i * (1.0f - i), d_c * before[m] * f * (1.0f - f), d_c * i * (1.0f - g * g),
            d_h * c * o * (1.0f - o));
        d_cell[m] = d_c * f;
      }
      if (x < HIDDEN) d_gates[r][x] = d;
      if (x < HIDDEN && n < N) {
        __global float *to = gates + (t * N + n) * 4 * HIDDEN;
        to[0] = d.x;
        to[HIDDEN] = d.y;
        to[2 * HIDDEN] = d.z;
        to[3 * HIDDEN] = d.w;
      }
      if (s + 1 < T) ASK(m, t + direction, is_real);
    }
    barrier(CLK_LOCAL_MEM_FENCE);

    float2 sums[ROWS][EACH];
    #pragma unroll
    for (int r = 0; r < ROWS; r++)
      #pragma unroll
      for (int e = 0; e < EACH; e++) sums[r][e] = (float2)(0.0f);
#if NEAR < SPAN
    // Two are on their way while two are worked on.
    float4 far[2][EACH];
    #pragma unroll
    for (int i = 0; i < 2; i++)
      #pragma unroll
      for (int e = 0; e < EACH; e++) far[i][e] = FAR_WEIGHTS(NEAR + i, e);
#endif
    #pragma unroll
    for (int k = 0; k < NEAR; k++)
      #pragma unroll
      for (int r = 0; r < ROWS; r++) {
        const float4 d = d_gates[r][part * SPAN + k];
        #pragma unroll
        for (int e = 0; e < EACH; e++) sums[r][e] = ADD_PRODUCT(w[k][e], d, sums[r][e]);
      }
#if NEAR < SPAN
    // A loop in the machine code too: unrolled, all loads would set out together and spill.
    #pragma unroll 1
    for (int k = NEAR; k < SPAN; k += 2)
      #pragma unroll
      for (int i = 0; i < 2; i++) {
        #pragma unroll
        for (int r = 0; r < ROWS; r++) {
          const float4 d = d_gates[r][part * SPAN + k + i];
          #pragma unroll
          for (int e = 0; e < EACH; e++) sums[r][e] = ADD_PRODUCT(far[i][e], d, sums[r][e]);
        }
        #pragma unroll
        for (int e = 0; e < EACH; e++) far[i][e] = FAR_WEIGHTS(min(k + 2, SPAN - 2) + i, e);
      }
#endif
    #pragma unroll
    for (int r = 0; r < ROWS; r++)
      #pragma unroll
      for (int e = 0; e < EACH; e++)
        parts[r][part][lane + e * LANES] = sums[r][e].x + sums[r][e].y;
    barrier(CLK_LOCAL_MEM_FENCE);

    #pragma unroll
    for (int m = 0; m < OWN; m++) {
      const int r = 4 * m + q;
      if (r >= ROWS) continue;
      float sum = 0.0f;
      #pragma unroll
      for (int p = 0; p < PARTS; p += 4)
        sum += (parts[r][p][x] + parts[r][p + 1][x]) + (parts[r][p + 2][x] + parts[r][p + 3][x]);
      if (t < length[m]) d_hidden[m] = sum * keep[m];
    }
  }

  #pragma unroll
  for (int m = 0; m < OWN; m++) {
    const int r = 4 * m + q;
    const int n = n0 + r;
    if (r >= ROWS || x >= HIDDEN || n >= N) continue;
    if (d_initial_hidden) d_initial_hidden[d_initial_hidden_offset + n * HIDDEN + j] = d_hidden[m];
    if (d_initial_cell) d_initial_cell[d_initial_cell_offset + n * HIDDEN + j] = d_cell[m];
  }
}
