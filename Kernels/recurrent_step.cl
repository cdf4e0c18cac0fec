// One step of a recurrence, its product included, for layers whose recurrent weights no group can hold: a
// launch for every step, in which each group makes the new state of a tile of batch rows and units.
//
// A group multiplies TM rows by TN columns; an item holds RM x RN of the sums in registers, and PARTS
// items share one such block: they take turns at K, and their sums are added up by halves. K goes by in
// slabs of BK: while one is worked on in local memory, the next is on its way to registers. The state of
// the step before is read where it was written, in the output and in the gates: nothing is copied.
//
// Options, beside those of recurrent.clh: ITEMS; TM, TN, RM, RN, BK, where RM and RN are whole runs of four,
// BK is so for each part, and forward's TN holds whole units; WIDE: whether H and the beginnings of all rows
// are multiples of four; MASKED: whether the hidden state is multiplied by a mask; BACKWARD: which of the two
// kernels there is (0 or 1).

#define BLOCKS (TM / RM * (TN / RN))
#define PARTS (ITEMS / BLOCKS)
// Hidden units of a slab that a part adds up.
#define SHARE (BK / PARTS)
// Runs of four that an item loads of a slab.
#define LEFT_RUNS (TM * BK / 4)
#define RIGHT_RUNS (TN * BK / 4)
#define LEFT_LOADS ((LEFT_RUNS + ITEMS - 1) / ITEMS)
#define RIGHT_LOADS ((RIGHT_RUNS + ITEMS - 1) / ITEMS)
// The place of run e of the left slab: 32 neighbours have up to eight runs of each of their rows.
#define ABREAST (BK / 4 < 8 ? BK / 4 : 8)
#define LEFT_K(e) (4 * ((e) % ABREAST + (e) / 32 % (BK / 4 / ABREAST) * ABREAST))
#define LEFT_M(e) ((e) / ABREAST % (32 / ABREAST) + (e) / (8 * BK / ABREAST) * (32 / ABREAST))
// Slabs lie by k. The left one's rows are shuffled by runs of four, so that neighbours who store a run
// along k each write to other banks.
#define LEFT_PLACE(k, m) ((k) * TM + ((m) ^ (k) / 4 % (TM / 4) * 4))
#define SLAB (BK * (TM + TN))
// Sums of half of the parts, but at least of one: they are spoken of in the update.
#define HALVES (PARTS > 1 ? PARTS / 2 * TM * TN : TM * TN)
#define NEAR (2 * SLAB > HALVES ? 2 * SLAB : HALVES)

// from[0 ..< 4], zero from `limit` on.
float4 load_run(__global const float *from, int limit) {
#if WIDE
  return limit > 0 ? *(__global const float4 *)from : (float4)(0.0f);
#else
  return (float4)(
      limit > 0 ? from[0] : 0.0f, limit > 1 ? from[1] : 0.0f, limit > 2 ? from[2] : 0.0f,
      limit > 3 ? from[3] : 0.0f);
#endif
}

// What the product has on its left at k, and the three after it.
#if BACKWARD && SEPARATE
// Behind the joint gates a row has what the hidden state gave the separate one only after that gate itself.
#define JOINT ((GATES - SEPARATE) * columns)
#define PLACE(k) ((k) + ((k) < JOINT ? 0 : columns))
#if WIDE
#define LOAD_LEFT(i, k) load_run(left[i] + PLACE(k), K - (k))
#else
#define LOAD_ONE(i, k) ((k) < K ? left[i][PLACE(k)] : 0.0f)
#define LOAD_LEFT(i, k) \
  (float4)(LOAD_ONE(i, k), LOAD_ONE(i, (k) + 1), LOAD_ONE(i, (k) + 2), LOAD_ONE(i, (k) + 3))
#endif
#else
#define LOAD_LEFT(i, k) load_run(left[i] + (k), K - (k))
#endif

// near[TM, TN] = left * right, once all items are past the barrier that ends this.
//
// left       where the rows of `left` begin that this item loads of a slab
// scale      with MASKED, what they are multiplied by, element by element
// right      [K, columns], of which the tile is the columns from column0 on
void tile_product(
    __local float *near, __global const float *const *left, __global const float *const *scale,
    __global const float *right, int K, int columns, int column0) {
  const int item = get_local_id(0);
  const int part = item / BLOCKS;
  const int block = item % BLOCKS;
  const int m0 = block / (TN / RN) * RM;
  const int c0 = block % (TN / RN) * RN;
  float sums[RM][RN];
  #pragma unroll
  for (int i = 0; i < RM; i++)
    #pragma unroll
    for (int j = 0; j < RN; j++) sums[i][j] = 0.0f;
  float4 next_left[LEFT_LOADS];
  float4 next_right[RIGHT_LOADS];
#if MASKED
  float4 next_scale[LEFT_LOADS];
#endif

  const int slabs = (K + BK - 1) / BK;
  for (int slab = -1; slab < slabs; slab++) {
    // The next slab sets out.
    const int k0 = (slab + 1) * BK;
    #pragma unroll
    for (int i = 0; i < LEFT_LOADS; i++) {
      const int k = k0 + LEFT_K(item + i * ITEMS);
      next_left[i] = LOAD_LEFT(i, k);
#if MASKED
      next_scale[i] = load_run(scale[i] + k, K - k);
#endif
    }
    #pragma unroll
    for (int i = 0; i < RIGHT_LOADS; i++) {
      const int e = item + i * ITEMS;
      const int k = k0 + e / (TN / 4);
      const int c = column0 + e % (TN / 4) * 4;
      next_right[i] = load_run(right + k * columns + c, k < K ? columns - c : 0);
    }
    // This slab is worked on; there is none in the first round.
    __local const float *left_slab = near + (slab & 1) * SLAB;
    __local const float *right_slab = left_slab + BK * TM;
    if (slab >= 0) {
      #pragma unroll
      for (int i = 0; i < SHARE; i++) {
        const int k = part * SHARE + i;
        float a[RM], b[RN];
        #pragma unroll
        for (int r = 0; r < RM; r += 4) {
          const float4 run = *(__local const float4 *)(left_slab + LEFT_PLACE(k, m0 + r));
          a[r] = run.x, a[r + 1] = run.y, a[r + 2] = run.z, a[r + 3] = run.w;
        }
        #pragma unroll
        for (int c = 0; c < RN; c += 4) {
          const float4 run = *(__local const float4 *)(right_slab + k * TN + c0 + c);
          b[c] = run.x, b[c + 1] = run.y, b[c + 2] = run.z, b[c + 3] = run.w;
        }
        #pragma unroll
        for (int r = 0; r < RM; r++)
          #pragma unroll
          for (int c = 0; c < RN; c++) sums[r][c] = fma(a[r], b[c], sums[r][c]);
      }
    }
    // The next slab arrives where nobody reads now.
    __local float *to = near + ((slab + 1) & 1) * SLAB;
    #pragma unroll
    for (int i = 0; i < LEFT_LOADS; i++) {
      const int e = item + i * ITEMS;
      const int k = LEFT_K(e);
      const int m = LEFT_M(e);
      float4 run = next_left[i];
#if MASKED
      run *= next_scale[i];
#endif
      if (e < LEFT_RUNS) {
        to[LEFT_PLACE(k, m)] = run.x;
        to[LEFT_PLACE(k + 1, m)] = run.y;
        to[LEFT_PLACE(k + 2, m)] = run.z;
        to[LEFT_PLACE(k + 3, m)] = run.w;
      }
    }
    #pragma unroll
    for (int i = 0; i < RIGHT_LOADS; i++) {
      const int e = item + i * ITEMS;
      if (e < RIGHT_RUNS) *(__local float4 *)(to + BK * TM + e * 4) = next_right[i];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

  // The upper half of the parts hands its sums to the lower one, until one part has them all.
  for (int reach = PARTS / 2; reach > 0; reach /= 2) {
    const int place = (part % reach * TM + m0) * TN + c0;
    #pragma unroll
    for (int r = 0; r < RM; r++)
      #pragma unroll
      for (int c = 0; c < RN; c += 4)
        if (part >= reach && part < 2 * reach)
          *(__local float4 *)(near + place + r * TN + c) =
              (float4)(sums[r][c], sums[r][c + 1], sums[r][c + 2], sums[r][c + 3]);
    barrier(CLK_LOCAL_MEM_FENCE);
    #pragma unroll
    for (int r = 0; r < RM; r++)
      #pragma unroll
      for (int c = 0; c < RN; c += 4)
        if (part < reach) {
          const float4 four = *(__local const float4 *)(near + place + r * TN + c);
          sums[r][c] += four.x, sums[r][c + 1] += four.y;
          sums[r][c + 2] += four.z, sums[r][c + 3] += four.w;
        }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  #pragma unroll
  for (int r = 0; r < RM; r++)
    #pragma unroll
    for (int c = 0; c < RN; c += 4)
      if (part == 0)
        *(__local float4 *)(near + (m0 + r) * TN + c0 + c) =
            (float4)(sums[r][c], sums[r][c + 1], sums[r][c + 2], sums[r][c + 3]);
  barrier(CLK_LOCAL_MEM_FENCE);
}

#if !BACKWARD

#define FORWARD_UNITS (TN / GATES)
#define FORWARD_OWN ((TM * FORWARD_UNITS + ITEMS - 1) / ITEMS)
// Whether there is a unit for each item in all rounds of an update, or in this one.
#define IS_OWN(i) (TM * FORWARD_UNITS % ITEMS == 0 || item + (i) * ITEMS < TM * FORWARD_UNITS)

// The sums of a unit.
#if GATES == 4
#define LOAD_SUMS(from) (*(__local const float4 *)(from))
#elif GATES == 3
#define LOAD_SUMS(from) ((float3)((from)[0], (from)[1], (from)[2]))
#elif GATES == 2
#define LOAD_SUMS(from) (*(__local const float2 *)(from))
#else
#define LOAD_SUMS(from) (*(from))
#endif

// gates at step t: on entry, in the blocks of the gates, x W_ih^T + biases; on return activated, and what
// the hidden state gave the separate gate behind them.
//
// gates      [T, N, KEPT * H] contiguous; read, and written where keeps_gates
// packed     [H, H] of GATES floats, as matrix_product packs the recurrent weights
// bias       [H] with SEPARATE: of what the hidden state gives the separate gate; else null
// initial_*  [N, H] or null: zero; not what final_* are
// mask       [N, H] with MASKED, else null: what the hidden state is multiplied by on its way into the gates
// lengths    [N] or null
// output     [T, N, H]; that of the step before is read, that of t written; zero past a row's length
// final_*    [N, H] or null; a row's written in its last step, in the first one where it has none
// cell       [N, H] contiguous; read and written
// cells      [T, N, H] contiguous, or null; written
// *_cell     cell and cells: null in a cell without cell state
// Local ITEMS; global (ITEMS * ceil(G * H / TN), ceil(N / TM)).
// Must equal: SluiceCPUKernels recurrentForward for one step
__kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void recurrent_step_forward(
    __global float *gates, long gates_offset, int keeps_gates, __global const float *packed,
    __global const float *bias, long bias_offset, __global const float *initial_hidden,
    long initial_hidden_offset,
    __global const float *initial_cell, long initial_cell_offset, __global const float *mask,
    __global const int *lengths, long lengths_offset, __global float *output, long output_offset,
    int output_stride, __global float *final_hidden, long final_hidden_offset,
    __global float *final_cell, long final_cell_offset, __global float *cell,
    __global float *cells, long cells_offset, int t, int T, int N, int H, int reverse,
    __global int *fault) {
  __local float near[NEAR] __attribute__((aligned(16)));
  const int item = get_local_id(0);
  const int n0 = (int)get_group_id(1) * TM;
  const int unit0 = (int)get_group_id(0) * FORWARD_UNITS;
  const int from_step = reverse ? t + 1 : t - 1;
  const bool is_begin = reverse ? t == T - 1 : t == 0;

  __global const float *left[LEFT_LOADS];
  __global const float *scale[LEFT_LOADS];
  #pragma unroll
  for (int i = 0; i < LEFT_LOADS; i++) {
    const int n = n0 + LEFT_M(item + i * ITEMS) % TM;
    // Rows that nothing is asked of read what is there in any case; nobody reads their sums.
    left[i] = scale[i] = packed;
    if (n >= N) continue;
    const int length = row_length(lengths, lengths_offset, n, T, fault);
    if (t >= length) continue;
    const bool is_first = reverse ? t == length - 1 : t == 0;
    if (!is_first) left[i] = output + output_offset + (long)(from_step * N + n) * output_stride;
    else if (initial_hidden) left[i] = initial_hidden + initial_hidden_offset + n * H;
    if (mask) scale[i] = mask + n * H;
  }
  gates_t given[FORWARD_OWN];
  float before[FORWARD_OWN];
  #pragma unroll
  for (int i = 0; i < FORWARD_OWN; i++) {
    const int n = n0 + (item + i * ITEMS) / FORWARD_UNITS;
    const int j = unit0 + (item + i * ITEMS) % FORWARD_UNITS;
    given[i] = (gates_t)(0.0f);
    before[i] = 0.0f;
    if (n >= N || j >= H || !IS_OWN(i)) continue;
    const int length = row_length(lengths, lengths_offset, n, T, fault);
    if (t >= length) continue;
    given[i] = load_gates(gates + gates_offset + (long)(t * N + n) * KEPT * H + j, H);
    const bool is_first = t == (reverse ? length - 1 : 0);
    if (CELL_STATE) {
      if (!is_first) before[i] = cell[n * H + j];
      else if (initial_cell) before[i] = initial_cell[initial_cell_offset + n * H + j];
    } else if (CARRIES) {
      if (!is_first)
        before[i] = output[output_offset + (long)(from_step * N + n) * output_stride + j];
      else if (initial_hidden) before[i] = initial_hidden[initial_hidden_offset + n * H + j];
    }
  }

  // Nothing comes from before the first step but a state that was given.
  tile_product(
      near, left, scale, packed, is_begin && !initial_hidden ? 0 : H, GATES * H, GATES * unit0);

  #pragma unroll
  for (int i = 0; i < FORWARD_OWN; i++) {
    const int m = (item + i * ITEMS) / FORWARD_UNITS;
    const int u = (item + i * ITEMS) % FORWARD_UNITS;
    const int n = n0 + m;
    const int j = unit0 + u;
    if (n >= N || j >= H || !IS_OWN(i)) continue;
    const int row = t * N + n;
    const int index = n * H + j;
    const int length = row_length(lengths, lengths_offset, n, T, fault);
    __global float *to = output + output_offset + (long)row * output_stride + j;
    if (t >= length) {
      *to = 0.0f;
      if (length > 0 || !is_begin) continue;
      if (final_hidden)
        final_hidden[final_hidden_offset + index] =
            initial_hidden ? initial_hidden[initial_hidden_offset + index] : 0.0f;
      if (final_cell)
        final_cell[final_cell_offset + index] =
            initial_cell ? initial_cell[initial_cell_offset + index] : 0.0f;
      continue;
    }
    gates_t sum = joint_sums(given[i], SEPARATE ? bias[bias_offset + j] : 0.0f);
    if (initial_hidden || t != (reverse ? length - 1 : 0))
      sum += LOAD_SUMS(near + m * TN + GATES * u);
    float c = 0.0f;
    blocks_t kept;
    const float h = advance(sum, given_apart(given[i]), before[i], &c, &kept);
    *to = h;
    if (CELL_STATE) cell[index] = c;
    if (cells) cells[cells_offset + (long)row * H + j] = c;
    if (keeps_gates)
      store_blocks(gates + gates_offset + (long)row * KEPT * H + j, H, kept);
    if (t != (reverse ? 0 : length - 1)) continue;
    if (final_hidden) final_hidden[final_hidden_offset + index] = h;
    if (final_cell) final_cell[final_cell_offset + index] = c;
  }
}

#else

#define BACKWARD_OWN (TM * TN / ITEMS)

// The gradient of one step's gates, and of the state that the step came from.
//
// Steps go against the recurrence. One more than it has, t = T or -1, makes the gradient of the initial
// state.
//
// carried       [N, H] contiguous; read and written, where the cell carries a state
// gates         [T, N, KEPT * H] contiguous; on entry as forward left them, on return the gradients of the
//               sums, zero past a row's length; of the step that came before this one they are that already
// weights       [G * H, H] contiguous
// initial       [N, H] or null: zero; of c or, in a cell without, of h
// mask, lengths as for forward
// states        [T, N, H]: the cells, contiguous, or the output of a cell without cell state
// d_output      [T, N, H] or null: zero; what stands past a row's length is ignored
// d_final_*     [N, H] or null: zero
// d_initial_*   [N, H] or null; written; may be d_final_*
// d_*_cell      null in a cell without cell state
// Local ITEMS; global (ITEMS * ceil(H / TN), ceil(N / TM)).
// Must equal: SluiceCPUKernels recurrentBackward for one step
__kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void recurrent_step_backward(
    __global float *carried, __global float *gates, long gates_offset, __global const float *weights,
    long weights_offset, __global const float *initial, long initial_offset,
    __global const float *mask, __global const int *lengths, long lengths_offset,
    __global const float *states, long states_offset, int states_stride,
    __global const float *d_output, long d_output_offset, int d_output_stride,
    __global const float *d_final_hidden, long d_final_hidden_offset,
    __global const float *d_final_cell, long d_final_cell_offset,
    __global float *d_initial_hidden, long d_initial_hidden_offset,
    __global float *d_initial_cell, long d_initial_cell_offset, int t, int T, int N, int H,
    int reverse, __global int *fault) {
  __local float near[NEAR] __attribute__((aligned(16)));
  const int item = get_local_id(0);
  const int n0 = (int)get_group_id(1) * TM;
  const int unit0 = (int)get_group_id(0) * TN;
  const int from_step = reverse ? t - 1 : t + 1;
  const bool is_begin = reverse ? t == 0 : t == T - 1;

  __global const float *left[LEFT_LOADS];
  __global const float *scale[LEFT_LOADS];
  #pragma unroll
  for (int i = 0; i < LEFT_LOADS; i++) {
    const int n = n0 + LEFT_M(item + i * ITEMS) % TM;
    // Rows that there are not read the last one; nobody reads their sums.
    scale[i] = 0;
    left[i] = gates + gates_offset;
    if (!is_begin) left[i] += (long)(from_step * N + min(n, N - 1)) * KEPT * H;
  }
  blocks_t kept[BACKWARD_OWN];
  float here[BACKWARD_OWN], before[BACKWARD_OWN], given[BACKWARD_OWN];
  const int state_stride = STATE(H, states_stride);
  #pragma unroll
  for (int i = 0; i < BACKWARD_OWN; i++) {
    const int n = n0 + (item + i * ITEMS) / TN;
    const int j = unit0 + (item + i * ITEMS) % TN;
    kept[i] = (blocks_t)(0.0f);
    here[i] = before[i] = given[i] = 0.0f;
    if (n >= N || j >= H || t < 0) continue;
    const int length = row_length(lengths, lengths_offset, n, T, fault);
    if (t >= length) continue;
    const int row = t * N + n;
    kept[i] = load_blocks(gates + gates_offset + (long)row * KEPT * H + j, H);
    if (CELL_STATE) here[i] = states[states_offset + (long)row * state_stride + j];
    if (CARRIES) {
      if (t != (reverse ? length - 1 : 0))
        before[i] = states[states_offset + (long)(reverse ? row + N : row - N) * state_stride + j];
      else if (initial)
        before[i] = initial[initial_offset + n * H + j];
    }
    if (d_output) given[i] = d_output[d_output_offset + (long)row * d_output_stride + j];
  }

  tile_product(near, left, scale, weights + weights_offset, is_begin ? 0 : GATES * H, H, unit0);

  #pragma unroll
  for (int i = 0; i < BACKWARD_OWN; i++) {
    const int m = (item + i * ITEMS) / TN;
    const int n = n0 + m;
    const int j = unit0 + (item + i * ITEMS) % TN;
    if (n >= N || j >= H) continue;
    const int index = n * H + j;
    const int length = row_length(lengths, lengths_offset, n, T, fault);
    // What comes from the step after; from the end where the row has none.
    const bool comes_from_step = from_step >= 0 && from_step < length;
    float d_h = 0.0f;
    float d_c = 0.0f;
    if (comes_from_step) {
      d_h = near[item + i * ITEMS];
      if (mask) d_h *= mask[index];
      if (CELL_STATE) d_c = carried[index];
      else if (CARRIES) d_h += carried[index];
    } else {
      if (d_final_hidden) d_h = d_final_hidden[d_final_hidden_offset + index];
      if (d_final_cell) d_c = d_final_cell[d_final_cell_offset + index];
    }
    if (t == (reverse ? length : -1)) {
      if (d_initial_hidden) d_initial_hidden[d_initial_hidden_offset + index] = d_h;
      if (d_initial_cell) d_initial_cell[d_initial_cell_offset + index] = d_c;
    }
    if (t < 0 || t >= T) continue;
    blocks_t d = (blocks_t)(0.0f);
    if (t < length) {
      d = differentiate(kept[i], here[i], before[i], d_h + given[i], &d_c);
      if (CARRIES) carried[index] = d_c;
    }
    store_blocks(gates + gates_offset + (long)(t * N + n) * KEPT * H + j, H, d);
  }
}

#endif
