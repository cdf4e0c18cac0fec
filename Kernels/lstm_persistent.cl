// The recurrence of an LSTM over all steps in one launch: a group keeps its batch rows from the
// first step to the last, and no group waits for another.
//
// Item (x, y) of a group of U x Y holds unit j = x of ROWS batch rows: its cell state stays in
// registers, its hidden state in local memory. A group holds R = ROWS * Y rows. U is H rounded up
// to whole bundles of items; items with x >= H take part in barriers and write nothing.
//
// Options: ROWS; WEIGHTS_LOCAL (1: the recurrent weights stay in local memory; 0: they stream
// through the caches, one float4 per item and unit).

#if WEIGHTS_LOCAL
#define WEIGHTS __local const float4
#else
#define WEIGHTS __global const float4
#endif

// gates: on entry x W_ih^T + biases, on return activated.
//
// gates         [T, N, 4H] contiguous; read, and written where keeps_gates
// weights       [4H, H] with WEIGHTS_LOCAL; else [depth, H] of float4, as matrix_product packs them
// initial_*     [N, H] or null: zero
// mask          [N, H] or null: what the hidden state is multiplied by on its way into the gates
// lengths       [N] or null
// output        [T, N, H]; written; zero past a row's length
// final_*       [N, H] or null; written; may be initial_*
// cells         [T, N, H] contiguous, or null; written
// state         local, 2 * R * depth floats
// near          local, depth * H float4 with WEIGHTS_LOCAL, else 1
// Local (U, Y); global (U, Y * ceil(N / R)).
// Must equal: SluiceCPUKernels recurrentForward
__kernel void lstm_persistent_forward(
    __global float *gates, long gates_offset, int keeps_gates, __global const float *weights,
    long weights_offset, __global const float *initial_hidden,
    long initial_hidden_offset,
    __global const float *initial_cell, long initial_cell_offset, __global const float *mask,
    __global const int *lengths, long lengths_offset, __global float *output, long output_offset,
    int output_stride, __global float *final_hidden, long final_hidden_offset,
    __global float *final_cell, long final_cell_offset, __global float *cells, long cells_offset,
    int T, int N, int H, int depth, int reverse, __global int *fault, __local float *state,
    __local float4 *near) {
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
    near[i % depth * H + i / depth] = gate_weights(weights + weights_offset, H, i / depth, i % depth);
  WEIGHTS *own = near + j;
#else
  WEIGHTS *own = (WEIGHTS *)weights + j;
#endif

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
    float4 sums[ROWS];
    // What the input gives comes early: its way is long, and the product hides it.
    for (int r = 0; r < ROWS; r++) {
      sums[r] = (float4)(0.0f);
      if (t < length[r]) {
        __global const float *from = gates + (t * N + n0 + r) * 4 * H + j;
        sums[r] = (float4)(from[0], from[H], from[2 * H], from[3 * H]);
      }
    }
    for (int k = 0; k < depth; k += 4) {
      const float4 w0 = own[k * H];
      const float4 w1 = own[(k + 1) * H];
      const float4 w2 = own[(k + 2) * H];
      const float4 w3 = own[(k + 3) * H];
      for (int r = 0; r < ROWS; r++) {
        const float4 h = *(__local const float4 *)(before + r * depth + k);
        sums[r] = fma(w0, (float4)(h.x), sums[r]);
        sums[r] = fma(w1, (float4)(h.y), sums[r]);
        sums[r] = fma(w2, (float4)(h.z), sums[r]);
        sums[r] = fma(w3, (float4)(h.w), sums[r]);
      }
    }
    for (int r = 0; r < ROWS; r++) {
      const int n = n0 + r;
      const bool is_real = t < length[r];
      const float i = sigmoid(sums[r].x);
      const float f = sigmoid(sums[r].y);
      const float g = tanh(sums[r].z);
      const float o = sigmoid(sums[r].w);
      if (is_real) {
        cell[r] = fma(f, cell[r], i * g);
        hidden[r] = o * tanh(cell[r]);
      }
      if (x < depth) after[r * depth + x] = is_unit ? hidden[r] * keep[r] : 0.0f;
      if (is_unit && n < N) {
        const int row = t * N + n;
        output[output_offset + (long)row * output_stride + j] = is_real ? hidden[r] : 0.0f;
        if (keeps_gates && is_real) {
          __global float *to = gates + row * 4 * H + j;
          to[0] = i;
          to[H] = f;
          to[2 * H] = g;
          to[3 * H] = o;
        }
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
// state             local, R * H float4
// near              local, H * H float4 with WEIGHTS_LOCAL, else 1
// Local (U, Y); global (U, Y * ceil(N / R)).
// Must equal: SluiceCPUKernels recurrentBackward
__kernel void lstm_persistent_backward(
    __global float *gates, long gates_offset, __global const float *weights, long weights_offset,
    __global const float *initial_cell, long initial_cell_offset, __global const float *mask,
    __global const int *lengths, long lengths_offset, __global const float *cells,
    long cells_offset, __global const float *d_output, long d_output_offset, int d_output_stride,
    __global const float *d_final_hidden, long d_final_hidden_offset,
    __global const float *d_final_cell, long d_final_cell_offset,
    __global float *d_initial_hidden, long d_initial_hidden_offset,
    __global float *d_initial_cell, long d_initial_cell_offset, int T, int N, int H, int reverse,
    __global int *fault, __local float4 *state, __local float4 *near) {
  const int x = get_local_id(0);
  const int y = get_local_id(1);
  const bool is_unit = x < H;
  const int j = min(x, H - 1);
  const int n0 = (int)get_group_id(1) * ROWS * (int)get_local_size(1) + y * ROWS;
  gates += gates_offset;
  cells += cells_offset;

#if WEIGHTS_LOCAL
  const int item = y * (int)get_local_size(0) + x;
  for (int i = item; i < H * H; i += (int)(get_local_size(0) * get_local_size(1)))
    near[i] = gate_weights(weights + weights_offset, H, i / H, i % H);
#define WEIGHTS_FROM(unit) near[(unit) * H + j]
#else
  // Neighbouring items read neighbouring weights already: no other order is needed.
#define WEIGHTS_FROM(unit) gate_weights(weights + weights_offset, H, unit, j)
#endif

  float d_hidden[ROWS], d_cell[ROWS], keep[ROWS];
  int length[ROWS];
  for (int r = 0; r < ROWS; r++) {
    const int n = n0 + r;
    const bool is_mine = is_unit && n < N;
    d_hidden[r] =
        is_mine && d_final_hidden ? d_final_hidden[d_final_hidden_offset + n * H + j] : 0.0f;
    d_cell[r] = is_mine && d_final_cell ? d_final_cell[d_final_cell_offset + n * H + j] : 0.0f;
    keep[r] = is_mine && mask ? mask[n * H + j] : 1.0f;
    length[r] = is_mine ? row_length(lengths, lengths_offset, n, T, fault) : 0;
  }
  barrier(CLK_LOCAL_MEM_FENCE);

  __local float4 *shared = state + y * ROWS * H;
  for (int s = 0; s < T; s++) {
    const int t = reverse ? s : T - 1 - s;
    for (int r = 0; r < ROWS; r++) {
      const int n = n0 + r;
      const int row = t * N + n;
      const bool is_real = t < length[r];
      float4 d = (float4)(0.0f);
      if (is_real) {
        __global const float *from = gates + row * 4 * H + j;
        const float i = from[0];
        const float f = from[H];
        const float g = from[2 * H];
        const float o = from[3 * H];
        const bool is_first = reverse ? t == length[r] - 1 : t == 0;
        float before = 0.0f;
        if (!is_first) before = cells[(reverse ? row + N : row - N) * H + j];
        else if (initial_cell) before = initial_cell[initial_cell_offset + n * H + j];
        const float c = tanh(cells[row * H + j]);
        float d_h = d_hidden[r];
        if (d_output) d_h += d_output[d_output_offset + (long)row * d_output_stride + j];
        const float d_c = fma(d_h * o, 1.0f - c * c, d_cell[r]);
        d.x = d_c * g * i * (1.0f - i);
        d.y = d_c * before * f * (1.0f - f);
        d.z = d_c * i * (1.0f - g * g);
        d.w = d_h * c * o * (1.0f - o);
        d_cell[r] = d_c * f;
      }
      if (is_unit) shared[r * H + j] = d;
      if (is_unit && n < N) {
        __global float *to = gates + row * 4 * H + j;
        to[0] = d.x;
        to[H] = d.y;
        to[2 * H] = d.z;
        to[3 * H] = d.w;
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    float4 sums[ROWS];
    for (int r = 0; r < ROWS; r++) sums[r] = (float4)(0.0f);
    for (int unit = 0; unit < H; unit++) {
      const float4 w = WEIGHTS_FROM(unit);
      for (int r = 0; r < ROWS; r++) sums[r] = fma(w, shared[r * H + unit], sums[r]);
    }
    for (int r = 0; r < ROWS; r++) {
      const float sum = (sums[r].x + sums[r].y) + (sums[r].z + sums[r].w);
      if (t < length[r]) d_hidden[r] = sum * keep[r];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

  for (int r = 0; r < ROWS; r++) {
    const int n = n0 + r;
    if (!is_unit || n >= N) continue;
    if (d_initial_hidden) d_initial_hidden[d_initial_hidden_offset + n * H + j] = d_hidden[r];
    if (d_initial_cell) d_initial_cell[d_initial_cell_offset + n * H + j] = d_cell[r];
  }
}
