// A recurrence over all steps in one launch, with the recurrent weights in registers: a group of
// UNITS x 4 items keeps its ROWS batch rows from the first step to the last.
//
// A step has two halves with a barrier after each. In the product, item (x, q) adds up quarter q of the
// hidden units for all gates of unit x, of all rows: a hidden state read from local memory serves a
// multiply-add of each gate, and no weight is read twice. In the update, item (x, q) joins the quarters
// of unit x for the rows q, q + 4, ... and makes their new state. What the update reads of global memory
// was asked for a step before.
//
// Options, beside those of recurrent.clh: HIDDEN: H, a constant here; ROWS; NEAR: of how many hidden units
// of its quarter an item keeps the weights in registers, a multiple of 4. It reads the others from the
// caches in every step, so `packed` must not be `restrict`: the compiler would read all of it before the
// first step and spill it; BOTH (0 or 1): whether a second layer of the same extents runs beside, with
// groups of its own.

#define UNITS ((HIDDEN + 31) / 32 * 32)
#define ITEMS (4 * UNITS)
// Hidden units of a quarter, and rows that an item updates.
#define SPAN ((HIDDEN + 15) / 16 * 4)
#define OWN ((ROWS + 3) / 4)
// Quarters of a sum in local memory. With many rows an item keeps its own of those that it updates:
// from 32 KiB of local memory on, NVIDIA's assembler was seen to spill registers.
#define SHARED_PARTS (ROWS < 4 ? 4 : 3)

// The product with the weights of four hidden units, the first of them `k`.
#define MULTIPLY_FOUR(w0, w1, w2, w3, k)                                       \
  _Pragma("unroll") for (int r = 0; r < ROWS; r++) {                           \
    const float4 h = *(__local const float4 *)&near_hidden[r][q * SPAN + (k)]; \
    sums[r] = fma(w0, (gates_t)(h.x), sums[r]);                                \
    sums[r] = fma(w1, (gates_t)(h.y), sums[r]);                                \
    sums[r] = fma(w2, (gates_t)(h.z), sums[r]);                                \
    sums[r] = fma(w3, (gates_t)(h.w), sums[r]);                                \
  }

// gates: on entry, in the blocks of the gates, x W_ih^T + biases; on return activated, and what the hidden
// state gave the separate gate behind them.
//
// gates      [T, N, KEPT * H] contiguous; read, and written where keeps_gates
// packed     [4 * SPAN, H] of gates_t, as matrix_product packs the recurrent weights
// bias       [H] with SEPARATE: of what the hidden state gives the separate gate; else null
// initial_*  [N, H] or null: zero
// mask       [N, H] or null: what the hidden state is multiplied by on its way into the gates
// lengths    [N] or null
// output     [T, N, H]; written; zero past a row's length
// final_*    [N, H] or null; written; may be initial_*
// cells      [T, N, H] contiguous, or null; written
// *_cell     and cells: null in a cell without cell state
// With BOTH, the same of the other direction; `reverse` says which way the first one goes.
// Local (UNITS, 4); global (UNITS, 4 * ceil(N / ROWS), 1 + BOTH).
// Must equal: SluiceCPUKernels recurrentForward
__kernel __attribute__((reqd_work_group_size(UNITS, 4, 1))) void recurrent_registers_forward(
    __global float *gates, long gates_offset, int keeps_gates, __global const gates_t *packed,
    __global const float *bias, long bias_offset, __global const float *initial_hidden,
    long initial_hidden_offset,
    __global const float *initial_cell, long initial_cell_offset, __global const float *mask,
    __global const int *lengths, long lengths_offset, __global float *output, long output_offset,
    int output_stride, __global float *final_hidden, long final_hidden_offset,
    __global float *final_cell, long final_cell_offset, __global float *cells, long cells_offset,
    int T, int N, int reverse, __global int *fault
#if BOTH
    , __global float *gates2, long gates2_offset, __global const gates_t *packed2,
    __global const float *bias2, long bias2_offset, __global const float *initial_hidden2,
    long initial_hidden2_offset,
    __global const float *initial_cell2, long initial_cell2_offset, __global const float *mask2,
    __global const int *lengths2, long lengths2_offset, __global float *output2,
    long output2_offset, int output2_stride, __global float *final_hidden2,
    long final_hidden2_offset, __global float *final_cell2, long final_cell2_offset,
    __global float *cells2, long cells2_offset
#endif
) {
#if BOTH
  if (get_group_id(2) == 1) {
    reverse = !reverse;
    SECOND_AT(gates), SECOND(packed), SECOND_AT(bias), SECOND_AT(initial_hidden);
    SECOND_AT(initial_cell), SECOND(mask), SECOND_AT(lengths), SECOND_ROWS(output);
    SECOND_AT(final_hidden), SECOND_AT(final_cell), SECOND_AT(cells);
  }
#endif
  __local float near_hidden[ROWS][4 * SPAN] __attribute__((aligned(16)));
  __local stored_gates_t parts[ROWS][SHARED_PARTS][UNITS];
  const int x = get_local_id(0);
  const int q = get_local_id(1);
  const int j = min(x, HIDDEN - 1);
  const int n0 = (int)get_group_id(1) * ROWS;
  const int direction = reverse ? -1 : 1;
  const int first = reverse ? T - 1 : 0;
  gates += gates_offset + j;
  output += output_offset + j;
  packed += q * SPAN * HIDDEN + j;

  const float own_bias = SEPARATE ? bias[bias_offset + j] : 0.0f;
  gates_t w[NEAR];
  #pragma unroll
  for (int i = 0; i < NEAR; i++) w[i] = packed[i * HIDDEN];

  for (int i = q * UNITS + x; i < ROWS * 4 * SPAN; i += ITEMS)
    (&near_hidden[0][0])[i] = 0.0f;
  barrier(CLK_LOCAL_MEM_FENCE);
  float hidden[OWN], cell[OWN], keep[OWN];
  gates_t next[OWN];
  int length[OWN];
  #pragma unroll
  for (int m = 0; m < OWN; m++) {
    // Items without a unit or a row of their own see a row of length 0, and touch nothing.
    const int r = 4 * m + q;
    const int n = n0 + r;
    const bool is_mine = x < HIDDEN && r < ROWS && n < N;
    const int place = n * HIDDEN + j;
    hidden[m] = is_mine && initial_hidden ? initial_hidden[initial_hidden_offset + place] : 0.0f;
    cell[m] = is_mine && initial_cell ? initial_cell[initial_cell_offset + place] : 0.0f;
    keep[m] = is_mine && mask ? mask[place] : 1.0f;
    length[m] = is_mine ? row_length(lengths, lengths_offset, n, T, fault) : 0;
    if (is_mine) near_hidden[r][x] = hidden[m] * keep[m];
    next[m] = (gates_t)(0.0f);
    if (first < length[m])
      next[m] = load_gates(gates + (first * N + n) * KEPT * HIDDEN, HIDDEN);
  }
  barrier(CLK_LOCAL_MEM_FENCE);

  for (int s = 0; s < T; s++) {
    const int t = first + s * direction;
    gates_t given[OWN];
    #pragma unroll
    for (int m = 0; m < OWN; m++) {
      given[m] = next[m];
      const int ahead = t + direction;
      if (s + 1 < T && ahead < length[m])
        next[m] = load_gates(gates + (ahead * N + n0 + 4 * m + q) * KEPT * HIDDEN, HIDDEN);
    }

    gates_t sums[ROWS];
    #pragma unroll
    for (int r = 0; r < ROWS; r++) sums[r] = (gates_t)(0.0f);
#if NEAR < SPAN
    // Four are on their way while four are worked on.
    gates_t far[4];
    #pragma unroll
    for (int i = 0; i < 4; i++) far[i] = packed[(NEAR + i) * HIDDEN];
#endif
    #pragma unroll
    for (int k = 0; k < NEAR; k += 4) MULTIPLY_FOUR(w[k], w[k + 1], w[k + 2], w[k + 3], k)
#if NEAR < SPAN
    // A loop in the machine code too: unrolled, all loads would set out together and spill.
    #pragma unroll 1
    for (int k = NEAR; k < SPAN; k += 4) {
      MULTIPLY_FOUR(far[0], far[1], far[2], far[3], k)
      #pragma unroll
      for (int i = 0; i < 4; i++) far[i] = packed[(min(k + 4, SPAN - 4) + i) * HIDDEN];
    }
#endif

#if ROWS < 4
    #pragma unroll
    for (int r = 0; r < ROWS; r++) parts[r][q][x] = AS_STORED(sums[r]);
#else
    gate_bits_t held[OWN];
    #pragma unroll
    for (int m = 0; m < OWN; m++) held[m] = (gate_bits_t)(0);
    #pragma unroll
    for (int r = 0; r < ROWS; r++) {
      // By bits: a condition would put the sums where they can be indexed, in memory.
      held[r / 4] |= as_gate_bits(sums[r]) & (gate_bits_t)(r % 4 == q ? -1 : 0);
      if (r % 4 != q) parts[r][q - (q > r % 4)][x] = AS_STORED(sums[r]);
    }
#endif
    barrier(CLK_LOCAL_MEM_FENCE);

    #pragma unroll
    for (int m = 0; m < OWN; m++) {
      const int r = 4 * m + q;
      const int n = n0 + r;
      if (r >= ROWS) continue;
#if ROWS < 4
      const gates_t joined =
          FROM_STORED((parts[r][0][x] + parts[r][1][x]) + (parts[r][2][x] + parts[r][3][x]));
#else
      // The quarters in their order, one of which is the item's own.
      const gates_t own = as_gates(held[m]);
      const gates_t a = FROM_STORED(parts[r][0][x]);
      const gates_t b = FROM_STORED(parts[r][1][x]);
      const gates_t c = FROM_STORED(parts[r][2][x]);
      const gates_t left = (q < 2 ? own : a) + (q < 2 ? a : b);
      const gates_t right = (q < 2 ? b : c) + (q < 2 ? c : own);
      const gates_t joined = left + right;
#endif
      const bool is_real = t < length[m];
      float c_new = 0.0f;
      blocks_t kept;
      const float h_new = advance(
          joint_sums(given[m], own_bias) + joined, given_apart(given[m]), STATE(cell[m], hidden[m]),
          &c_new, &kept);
      cell[m] = is_real ? c_new : cell[m];
      hidden[m] = is_real ? h_new : hidden[m];
      if (x < HIDDEN) near_hidden[r][x] = hidden[m] * keep[m];
      if (x < HIDDEN && n < N) {
        const int row = t * N + n;
        output[(long)row * output_stride] = is_real ? h_new : 0.0f;
        if (is_real && keeps_gates) store_blocks(gates + row * KEPT * HIDDEN, HIDDEN, kept);
        if (is_real && cells) cells[cells_offset + (long)row * HIDDEN + j] = c_new;
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

  #pragma unroll
  for (int m = 0; m < OWN; m++) {
    const int r = 4 * m + q;
    const int n = n0 + r;
    if (r >= ROWS || x >= HIDDEN || n >= N) continue;
    if (final_hidden) final_hidden[final_hidden_offset + n * HIDDEN + j] = hidden[m];
    if (final_cell) final_cell[final_cell_offset + n * HIDDEN + j] = cell[m];
  }
}
