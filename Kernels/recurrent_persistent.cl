// A recurrence over all steps in one launch: a group keeps its batch rows from the first step to the
// last, and no group waits for another.
//
// Item (x, y) of a group of U x Y holds unit j = x of ROWS batch rows: its cell state stays in
// registers, its hidden state in local memory. A group holds R = ROWS * Y rows. U is H rounded up
// to whole bundles of items; items with x >= H take part in barriers and write nothing.
//
// Options, beside those of recurrent.clh: ROWS; WEIGHTS_LOCAL (1: the recurrent weights stay in local
// memory; 0: they stream through the caches, one stored_gates_t per item and unit).

#if WEIGHTS_LOCAL
#define WEIGHTS __local const stored_gates_t
#else
#define WEIGHTS __global const stored_gates_t
#endif

// gates: on entry, in the blocks of the gates, x W_ih^T + biases; on return activated, and what the hidden
// state gave the separate gate behind them.
//
// gates         [T, N, KEPT * H] contiguous; read, and written where keeps_gates
// weights       [G * H, H] with WEIGHTS_LOCAL; else [depth, H] of stored_gates_t, as matrix_product packs
//               them
// bias          [H] with SEPARATE: of what the hidden state gives the separate gate; else null
// initial_*     [N, H] or null: zero
// mask          [N, H] or null: what the hidden state is multiplied by on its way into the gates
// lengths       [N] or null
// output        [T, N, H]; written; zero past a row's length
// final_*       [N, H] or null; written; may be initial_*
// cells         [T, N, H] contiguous, or null; written
// *_cell        and cells: null in a cell without cell state
// state         local, 2 * R * depth floats
// near          local, depth * H stored_gates_t with WEIGHTS_LOCAL, else 1
// Local (U, Y); global (U, Y * ceil(N / R)).
// Must equal: SluiceCPUKernels recurrentForward
__kernel void recurrent_persistent_forward(
    __global float *gates, long gates_offset, int keeps_gates, __global const float *weights,
    long weights_offset, __global const float *bias, long bias_offset,
    __global const float *initial_hidden, long initial_hidden_offset,
    __global const float *initial_cell, long initial_cell_offset, __global const float *mask,
    __global const int *lengths, long lengths_offset, __global float *output, long output_offset,
    int output_stride, __global float *final_hidden, long final_hidden_offset,
    __global float *final_cell, long final_cell_offset, __global float *cells, long cells_offset,
    int T, int N, int H, int depth, int reverse, __global int *fault, __local float *state,
    __local stored_gates_t *near) {
  const int x = get_local_id(0);
  const int y = get_local_id(1);
  const bool is_unit = x < H;
  const int j = min(x, H - 1);
  const int group_rows = ROWS * (int)get_local_size(1);
  const int n0 = (int)get_group_id(1) * group_rows + y * ROWS;
  gates += gates_offset;

#if WEIGHTS_LOCAL
  const int item = y * (int)get_local_size(0) + x;
  for (int i = item; i < depth * H; i += (int)(get_local_size(0) * get_local_size(1)))
    near[i % depth * H + i / depth] =
        AS_STORED(gate_weights(weights + weights_offset, H, i / depth, i % depth));
  WEIGHTS *own = near + j;
#else
  WEIGHTS *own = (WEIGHTS *)weights + j;
#endif
  const float own_bias = SEPARATE ? bias[bias_offset + j] : 0.0f;

  float hidden[ROWS], cell[ROWS], keep[ROWS];
  int length[ROWS];
  for (int r = 0; r < ROWS; r++) {
    // Items without a unit or a row of their own see a row of length 0, and touch nothing.
    const int n = n0 + r;
    const bool is_mine = is_unit && n < N;
    hidden[r] =
        is_mine && initial_hidden ? initial_hidden[initial_hidden_offset + n * H + j] : 0.0f;
    cell[r] = is_mine && initial_cell ? initial_cell[initial_cell_offset + n * H + j] : 0.0f;
    keep[r] = is_mine && mask ? mask[n * H + j] : 1.0f;
    length[r] = is_mine ? row_length(lengths, lengths_offset, n, T, fault) : 0;
    if (x < depth) state[(y * ROWS + r) * depth + x] = is_unit ? hidden[r] * keep[r] : 0.0f;
  }
  barrier(CLK_LOCAL_MEM_FENCE);

  for (int s = 0; s < T; s++) {
    const int t = reverse ? T - 1 - s : s;
    __local const float *before = state + (s & 1) * group_rows * depth + y * ROWS * depth;
    __local float *after = state + (1 - (s & 1)) * group_rows * depth + y * ROWS * depth;
    gates_t sums[ROWS];
    float given[ROWS];
    // What the input gives comes early: its way is long, and the product hides it.
    for (int r = 0; r < ROWS; r++) {
      gates_t values = (gates_t)(0.0f);
      if (t < length[r]) values = load_gates(gates + (t * N + n0 + r) * KEPT * H + j, H);
      sums[r] = joint_sums(values, own_bias);
      given[r] = given_apart(values);
    }
    for (int k = 0; k < depth; k += 4) {
      const gates_t w0 = FROM_STORED(own[k * H]);
      const gates_t w1 = FROM_STORED(own[(k + 1) * H]);
      const gates_t w2 = FROM_STORED(own[(k + 2) * H]);
      const gates_t w3 = FROM_STORED(own[(k + 3) * H]);
      for (int r = 0; r < ROWS; r++) {
        const float4 h = *(__local const float4 *)(before + r * depth + k);
        sums[r] = fma(w0, (gates_t)(h.x), sums[r]);
        sums[r] = fma(w1, (gates_t)(h.y), sums[r]);
        sums[r] = fma(w2, (gates_t)(h.z), sums[r]);
        sums[r] = fma(w3, (gates_t)(h.w), sums[r]);
      }
    }
    for (int r = 0; r < ROWS; r++) {
      const int n = n0 + r;
      const bool is_real = t < length[r];
      float c = 0.0f;
      blocks_t kept;
      const float h = advance(sums[r], given[r], STATE(cell[r], hidden[r]), &c, &kept);
      if (is_real) {
        cell[r] = c;
        hidden[r] = h;
      }
      if (x < depth) after[r * depth + x] = is_unit ? hidden[r] * keep[r] : 0.0f;
      if (is_unit && n < N) {
        const int row = t * N + n;
        output[output_offset + (long)row * output_stride + j] = is_real ? hidden[r] : 0.0f;
        if (keeps_gates && is_real) store_blocks(gates + row * KEPT * H + j, H, kept);
        if (cells && is_real) cells[cells_offset + (long)row * H + j] = cell[r];
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

  for (int r = 0; r < ROWS; r++) {
    const int n = n0 + r;
    if (!is_unit || n >= N) continue;
    if (final_hidden) final_hidden[final_hidden_offset + n * H + j] = hidden[r];
    if (final_cell) final_cell[final_cell_offset + n * H + j] = cell[r];
  }
}

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
// state             local, R * H stored_gates_t
// near              local, H * H stored_gates_t with WEIGHTS_LOCAL, else 1
// Local (U, Y); global (U, Y * ceil(N / R)).
// Must equal: SluiceCPUKernels recurrentBackward
__kernel void recurrent_persistent_backward(
    __global float *gates, long gates_offset, __global const float *weights, long weights_offset,
    __global const float *initial, long initial_offset, __global const float *mask,
    __global const int *lengths, long lengths_offset, __global const float *states,
    long states_offset, int states_stride, __global const float *d_output, long d_output_offset,
    int d_output_stride, __global const float *d_final_hidden, long d_final_hidden_offset,
    __global const float *d_final_cell, long d_final_cell_offset,
    __global float *d_initial_hidden, long d_initial_hidden_offset,
    __global float *d_initial_cell, long d_initial_cell_offset, int T, int N, int H, int reverse,
    __global int *fault, __local stored_gates_t *state, __local stored_gates_t *near) {
  const int x = get_local_id(0);
  const int y = get_local_id(1);
  const bool is_unit = x < H;
  const int j = min(x, H - 1);
  const int n0 = (int)get_group_id(1) * ROWS * (int)get_local_size(1) + y * ROWS;
  const int state_stride = STATE(H, states_stride);
  gates += gates_offset;
  states += states_offset;

#if WEIGHTS_LOCAL
  const int item = y * (int)get_local_size(0) + x;
  for (int i = item; i < H * H; i += (int)(get_local_size(0) * get_local_size(1)))
    near[i] = AS_STORED(gate_weights(weights + weights_offset, H, i / H, i % H));
#define WEIGHTS_FROM(unit) FROM_STORED(near[(unit) * H + j])
#else
  // Neighbouring items read neighbouring weights already: no other order is needed.
#define WEIGHTS_FROM(unit) gate_weights(weights + weights_offset, H, unit, j)
#endif

  float d_hidden[ROWS], carried[ROWS], keep[ROWS];
  int length[ROWS];
  for (int r = 0; r < ROWS; r++) {
    const int n = n0 + r;
    const bool is_mine = is_unit && n < N;
    d_hidden[r] =
        is_mine && d_final_hidden ? d_final_hidden[d_final_hidden_offset + n * H + j] : 0.0f;
    carried[r] = is_mine && d_final_cell ? d_final_cell[d_final_cell_offset + n * H + j] : 0.0f;
    keep[r] = is_mine && mask ? mask[n * H + j] : 1.0f;
    length[r] = is_mine ? row_length(lengths, lengths_offset, n, T, fault) : 0;
  }
  barrier(CLK_LOCAL_MEM_FENCE);

  __local stored_gates_t *shared = state + y * ROWS * H;
  for (int s = 0; s < T; s++) {
    const int t = reverse ? s : T - 1 - s;
    for (int r = 0; r < ROWS; r++) {
      const int n = n0 + r;
      const int row = t * N + n;
      const bool is_real = t < length[r];
      blocks_t d = (blocks_t)(0.0f);
      if (is_real) {
        const blocks_t kept = load_blocks(gates + row * KEPT * H + j, H);
        const bool is_first = reverse ? t == length[r] - 1 : t == 0;
        float before = 0.0f;
        if (CARRIES) {
          if (!is_first) before = states[(reverse ? row + N : row - N) * state_stride + j];
          else if (initial) before = initial[initial_offset + n * H + j];
        }
        const float c = CELL_STATE ? states[row * state_stride + j] : 0.0f;
        float d_h = d_hidden[r];
        if (d_output) d_h += d_output[d_output_offset + (long)row * d_output_stride + j];
        d = differentiate(kept, c, before, d_h, &carried[r]);
      }
      if (is_unit) shared[r * H + j] = AS_STORED(hidden_share(d));
      if (is_unit && n < N) store_blocks(gates + row * KEPT * H + j, H, d);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    gates_t sums[ROWS];
    for (int r = 0; r < ROWS; r++) sums[r] = (gates_t)(0.0f);
    for (int unit = 0; unit < H; unit++) {
      const gates_t w = WEIGHTS_FROM(unit);
      for (int r = 0; r < ROWS; r++) sums[r] = fma(w, FROM_STORED(shared[r * H + unit]), sums[r]);
    }
    for (int r = 0; r < ROWS; r++) {
      const float sum = gates_total(sums[r]);
      if (t < length[r]) d_hidden[r] = STATE(sum * keep[r], fma(sum, keep[r], carried[r]));
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

  for (int r = 0; r < ROWS; r++) {
    const int n = n0 + r;
    if (!is_unit || n >= N) continue;
    if (d_initial_hidden) d_initial_hidden[d_initial_hidden_offset + n * H + j] = d_hidden[r];
    if (d_initial_cell) d_initial_cell[d_initial_cell_offset + n * H + j] = carried[r];
  }
}
