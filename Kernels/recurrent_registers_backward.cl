// The gradient of the recurrence in recurrent_registers_forward.cl, with the recurrent weights in registers.
//
// A step has two halves with a barrier after each. In the update, item (x, q) joins the parts of the
// hidden state's gradient for unit x and the rows q, q + 4, ..., and makes the gradients of their gates.
// In the product, items that are alike in `part` add up an eighth of the units' gates for all hidden
// units, two of them each. What the update reads of global memory was asked for a step before.
//
// Options, beside those of recurrent.clh: HIDDEN: H, a constant here; ROWS; NEAR: of how many units of its
// part an item keeps the weights in registers, an even number. It reads the others from the caches in
// every step, so `weights` must not be `restrict`: the compiler would read all of them before the first
// step and spill them; BOTH (0 or 1): whether a second layer of the same extents runs beside, with groups
// of its own.

#define UNITS ((HIDDEN + 31) / 32 * 32)
#define ITEMS (4 * UNITS)
#define EACH 2
#define PARTS (4 * EACH)
#define LANES (UNITS / EACH)
// Units of a part, and rows that an item updates.
#define SPAN (((HIDDEN + PARTS - 1) / PARTS + 1) / 2 * 2)
#define OWN ((ROWS + 3) / 4)

// sum + w * d over the gates in two chains at most: one alone waits for itself, four hold registers.
#if GATES == 4
typedef float2 chains_t;
#define ADD_PRODUCT(w, d, sum) fma((w).zw, (d).zw, fma((w).xy, (d).xy, sum))
#elif GATES == 3
typedef float2 chains_t;
#define ADD_PRODUCT(w, d, sum) \
  (float2)(fma((w).z, (d).z, fma((w).x, (d).x, (sum).x)), fma((w).y, (d).y, (sum).y))
#else
typedef gates_t chains_t;
#define ADD_PRODUCT(w, d, sum) fma(w, d, sum)
#endif
#if GATES > 1
#define CHAINS_TOTAL total2
#else
#define CHAINS_TOTAL total1
#endif

// The weights from hidden unit k to the gates of unit j; zero past the end of either. Not by gate_weights
// of recurrent.clh: with it NVIDIA's assembler spills at HIDDEN = 128 for sm_80.
gates_t weights_between(__global const float *weights, int j, int k) {
  if (j >= HIDDEN || k >= HIDDEN) return (gates_t)(0.0f);
  return load_gates(weights + j * HIDDEN + k, HIDDEN * HIDDEN);
}

// The same without a branch for unit `k` of an item's part: past the end of either, those of the last
// one, which meet a gradient that is zero, or make a sum that nobody reads.
#define FAR_WEIGHTS(k, e)                                           \
  load_gates(                                                       \
      weights + min(part * SPAN + (k), HIDDEN - 1) * HIDDEN         \
          + min(lane + (e) * LANES, HIDDEN - 1),                    \
      HIDDEN * HIDDEN)

// gates: on entry as forward left them, on return the gradients of the sums, zero past a row's length.
//
// gates             [T, N, KEPT * H] contiguous
// weights           [G * H, H] contiguous
// initial           [N, H] or null: zero; of c or, in a cell without, of h
// mask, lengths     as for forward
// states            [T, N, H]: the cells, contiguous, or the output of a cell without cell state
// d_output          [T, N, H] or null: zero; what stands past a row's length is ignored
// d_final_*         [N, H] or null: zero
// d_initial_*       [N, H] or null; written; may be d_final_*
// d_*_cell          null in a cell without cell state
// With BOTH, the same of the other direction; `reverse` says which way the first one goes.
// Local (UNITS, 4); global (UNITS, 4 * ceil(N / ROWS), 1 + BOTH).
// Must equal: SluiceCPUKernels recurrentBackward
__kernel __attribute__((reqd_work_group_size(UNITS, 4, 1))) void recurrent_registers_backward(
    __global float *gates, long gates_offset, __global const float *weights, long weights_offset,
    __global const float *initial, long initial_offset, __global const float *mask,
    __global const int *lengths, long lengths_offset, __global const float *states,
    long states_offset, int states_stride, __global const float *d_output, long d_output_offset,
    int d_output_stride, __global const float *d_final_hidden, long d_final_hidden_offset,
    __global const float *d_final_cell, long d_final_cell_offset,
    __global float *d_initial_hidden, long d_initial_hidden_offset,
    __global float *d_initial_cell, long d_initial_cell_offset, int T, int N, int reverse,
    __global int *fault
#if BOTH
    , __global float *gates2, long gates2_offset, __global const float *weights2,
    long weights2_offset, __global const float *initial2, long initial2_offset,
    __global const float *mask2, __global const int *lengths2, long lengths2_offset,
    __global const float *states2, long states2_offset, int states2_stride,
    __global const float *d_output2, long d_output2_offset, int d_output2_stride,
    __global const float *d_final_hidden2, long d_final_hidden2_offset,
    __global const float *d_final_cell2, long d_final_cell2_offset,
    __global float *d_initial_hidden2, long d_initial_hidden2_offset,
    __global float *d_initial_cell2, long d_initial_cell2_offset
#endif
) {
#if BOTH
  if (get_group_id(2) == 1) {
    reverse = !reverse;
    SECOND_AT(gates), SECOND_AT(weights), SECOND_AT(initial), SECOND(mask), SECOND_AT(lengths);
    SECOND_ROWS(states), SECOND_ROWS(d_output), SECOND_AT(d_final_hidden);
    SECOND_AT(d_final_cell), SECOND_AT(d_initial_hidden), SECOND_AT(d_initial_cell);
  }
#endif
  __local stored_gates_t d_gates[ROWS][PARTS * SPAN];
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
  const int state_stride = STATE(HIDDEN, states_stride);
  gates += gates_offset + j;
  states += states_offset + j;
  weights += weights_offset;
  if (d_output) d_output += d_output_offset + j;

  gates_t w[NEAR][EACH];
  #pragma unroll
  for (int i = 0; i < NEAR; i++)
    #pragma unroll
    for (int e = 0; e < EACH; e++)
      w[i][e] = weights_between(weights, part * SPAN + i, lane + e * LANES);

  for (int i = item; i < ROWS * PARTS * SPAN; i += ITEMS)
    (&d_gates[0][0])[i] = (stored_gates_t)(0.0f);
  float d_hidden[OWN], carried[OWN], keep[OWN], before[OWN], here[OWN], given[OWN];
  blocks_t saved[OWN];
  int length[OWN];
  #pragma unroll
  for (int m = 0; m < OWN; m++) {
    const int r = 4 * m + q;
    const int n = n0 + r;
    const bool is_mine = x < HIDDEN && r < ROWS && n < N;
    const int place = n * HIDDEN + j;
    d_hidden[m] = is_mine && d_final_hidden ? d_final_hidden[d_final_hidden_offset + place] : 0.0f;
    carried[m] = is_mine && d_final_cell ? d_final_cell[d_final_cell_offset + place] : 0.0f;
    keep[m] = is_mine && mask ? mask[place] : 1.0f;
    length[m] = is_mine ? row_length(lengths, lengths_offset, n, T, fault) : 0;
  }

// What the update at step `at` reads: what forward kept, the state after the step and before it, and the
// output's gradient.
#define ASK(m, at, here_known)                                                                 \
  do {                                                                                         \
    const int row_ = (at) * N + n0 + 4 * m + q;                                                \
    const bool is_real_ = (at) < length[m];                                                    \
    const bool is_start_ = (at) == (reverse ? length[m] - 1 : 0);                              \
    if (CELL_STATE)                                                                            \
      here[m] = is_real_ ? ((here_known) ? before[m] : states[row_ * state_stride]) : 0.0f;    \
    if (is_real_) {                                                                            \
      saved[m] = load_blocks(gates + row_ * KEPT * HIDDEN, HIDDEN);                          \
      if (CARRIES) {                                                                           \
        if (!is_start_) before[m] = states[(row_ + direction * N) * state_stride];             \
        else before[m] = initial                                                               \
            ? initial[initial_offset + (n0 + 4 * m + q) * HIDDEN + j] : 0.0f;                  \
      }                                                                                        \
      given[m] = d_output ? d_output[(long)row_ * d_output_stride] : 0.0f;                     \
    }                                                                                          \
  } while (0)

  #pragma unroll
  for (int m = 0; m < OWN; m++) {
    saved[m] = (blocks_t)(0.0f);
    here[m] = before[m] = given[m] = 0.0f;
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
      blocks_t d = (blocks_t)(0.0f);
      if (is_real)
        d = differentiate(saved[m], here[m], before[m], d_hidden[m] + given[m], &carried[m]);
      if (x < HIDDEN) d_gates[r][x] = AS_STORED(hidden_share(d));
      if (x < HIDDEN && n < N) store_blocks(gates + (t * N + n) * KEPT * HIDDEN, HIDDEN, d);
      if (s + 1 < T) ASK(m, t + direction, is_real);
    }
    barrier(CLK_LOCAL_MEM_FENCE);

    chains_t sums[ROWS][EACH];
    #pragma unroll
    for (int r = 0; r < ROWS; r++)
      #pragma unroll
      for (int e = 0; e < EACH; e++) sums[r][e] = (chains_t)(0.0f);
#if NEAR < SPAN
    // Two are on their way while two are worked on.
    gates_t far[2][EACH];
    #pragma unroll
    for (int i = 0; i < 2; i++)
      #pragma unroll
      for (int e = 0; e < EACH; e++) far[i][e] = FAR_WEIGHTS(NEAR + i, e);
#endif
    #pragma unroll
    for (int k = 0; k < NEAR; k++)
      #pragma unroll
      for (int r = 0; r < ROWS; r++) {
        const gates_t d = FROM_STORED(d_gates[r][part * SPAN + k]);
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
          const gates_t d = FROM_STORED(d_gates[r][part * SPAN + k + i]);
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
        parts[r][part][lane + e * LANES] = CHAINS_TOTAL(sums[r][e]);
    barrier(CLK_LOCAL_MEM_FENCE);

    #pragma unroll
    for (int m = 0; m < OWN; m++) {
      const int r = 4 * m + q;
      if (r >= ROWS) continue;
      float sum = 0.0f;
      #pragma unroll
      for (int p = 0; p < PARTS; p += 4)
        sum += (parts[r][p][x] + parts[r][p + 1][x]) + (parts[r][p + 2][x] + parts[r][p + 3][x]);
      if (t < length[m]) d_hidden[m] = STATE(sum * keep[m], fma(sum, keep[m], carried[m]));
    }
  }

  #pragma unroll
  for (int m = 0; m < OWN; m++) {
    const int r = 4 * m + q;
    const int n = n0 + r;
    if (r >= ROWS || x >= HIDDEN || n >= N) continue;
    if (d_initial_hidden) d_initial_hidden[d_initial_hidden_offset + n * HIDDEN + j] = d_hidden[m];
    if (d_initial_cell) d_initial_cell[d_initial_cell_offset + n * HIDDEN + j] = carried[m];
  }
}
