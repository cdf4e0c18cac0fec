// One step of an LSTM around a matrix product: for layers whose recurrent weights are too large for
// lstm_persistent. One item per (batch row, unit); one dimension; global size N * H rounded up.

// The state before the first step.
//
// initial_*  [N, H] or null: zero
// mask       [N, H] or null
// hidden     [N, H]; written: the masked hidden state
// cell       [N, H]; written
// final_*    [N, H] or null; written; may be initial_*
__kernel void lstm_step_begin(
    __global const float *initial_hidden, long initial_hidden_offset,
    __global const float *initial_cell, long initial_cell_offset, __global const float *mask,
    __global float *hidden, __global float *cell, __global float *final_hidden,
    long final_hidden_offset, int count) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const float h = initial_hidden ? initial_hidden[initial_hidden_offset + i] : 0.0f;
  hidden[i] = mask ? h * mask[i] : h;
  cell[i] = initial_cell ? initial_cell[initial_cell_offset + i] : 0.0f;
  if (final_hidden) final_hidden[final_hidden_offset + i] = h;
}

// gates at step t: on entry before activation, on return activated.
//
// gates    [T, N, 4H]; read, and written where keeps_gates
// hidden   [N, H]; updated: the masked hidden state. Held past a row's length, like cell
// cell     [N, H]; updated
// mask     [N, H] or null
// lengths  [N] or null
// output   [T, N, H]; written; zero past a row's length
// final_hidden  [N, H] or null; written
// cells    [T, N, H] or null; written
// Must equal: SluiceCPUKernels recurrentForward for one step
__kernel void lstm_step_forward(
    __global float *gates, long gates_offset, int keeps_gates, __global float *hidden,
    __global float *cell, __global const float *mask, __global const int *lengths,
    long lengths_offset, __global float *output, long output_offset, int output_stride,
    __global float *final_hidden, long final_hidden_offset, __global float *cells,
    long cells_offset, int t, int T, int N, int H, __global int *fault) {
  const int index = get_global_id(0);
  if (index >= N * H) return;
  const int n = index / H;
  const int j = index % H;
  const int row = t * N + n;
  __global float *to = output + output_offset + (long)row * output_stride + j;
  if (t >= row_length(lengths, lengths_offset, n, T, fault)) {
    *to = 0.0f;
    return;
  }
  __global float *gate = gates + gates_offset + (long)row * 4 * H + j;
  const float i = sigmoid(gate[0]);
  const float f = sigmoid(gate[H]);
  const float g = tanh(gate[2 * H]);
  const float o = sigmoid(gate[3 * H]);
  const float c = fma(f, cell[index], i * g);
  const float h = o * tanh(c);
  cell[index] = c;
  hidden[index] = mask ? h * mask[index] : h;
  *to = h;
  if (final_hidden) final_hidden[final_hidden_offset + index] = h;
  if (cells) cells[cells_offset + (long)row * H + j] = c;
  if (keeps_gates) {
    gate[0] = i;
    gate[H] = f;
    gate[2 * H] = g;
    gate[3 * H] = o;
  }
}

// The gradient of one step's gates, and of the cell state before it.
//
// gates         [T, N, 4H]; on entry activated, on return gradients before activation, zero past a
//               row's length
// d_hidden      [N, H]: the gradient of the hidden state after the step; where the step is real it
//               is set to zero, for the product to add to
// d_cell        [N, H]; updated
// initial_cell  [N, H] or null: zero
// d_output      [T, N, H] or null
// Must equal: SluiceCPUKernels recurrentBackward for one step
__kernel void lstm_step_backward(
    __global float *gates, long gates_offset, __global float *d_hidden, __global float *d_cell,
    __global const float *initial_cell, long initial_cell_offset, __global const int *lengths,
    long lengths_offset, __global const float *cells, long cells_offset,
    __global const float *d_output, long d_output_offset, int d_output_stride, int t, int T, int N,
    int H, int reverse, __global int *fault) {
  const int index = get_global_id(0);
  if (index >= N * H) return;
  const int n = index / H;
  const int j = index % H;
  const int row = t * N + n;
  const int length = row_length(lengths, lengths_offset, n, T, fault);
  __global float *gate = gates + gates_offset + (long)row * 4 * H + j;
  if (t >= length) {
    gate[0] = 0.0f;
    gate[H] = 0.0f;
    gate[2 * H] = 0.0f;
    gate[3 * H] = 0.0f;
    return;
  }
  const float i = gate[0];
  const float f = gate[H];
  const float g = gate[2 * H];
  const float o = gate[3 * H];
  const bool is_first = reverse ? t == length - 1 : t == 0;
  float before = 0.0f;
  if (!is_first) before = cells[cells_offset + (long)(reverse ? row + N : row - N) * H + j];
  else if (initial_cell) before = initial_cell[initial_cell_offset + index];
  const float c = tanh(cells[cells_offset + (long)row * H + j]);
  float d_h = d_hidden[index];
  if (d_output) d_h += d_output[d_output_offset + (long)row * d_output_stride + j];
  const float d_c = fma(d_h * o, 1.0f - c * c, d_cell[index]);
  gate[0] = d_c * g * i * (1.0f - i);
  gate[H] = d_c * before * f * (1.0f - f);
  gate[2 * H] = d_c * i * (1.0f - g * g);
  gate[3 * H] = d_h * c * o * (1.0f - o);
  d_cell[index] = d_c * f;
  d_hidden[index] = 0.0f;
}

// Masks what the product has just added to d_hidden, where step t is real.
//
// d_hidden  [N, H]; updated
// mask      [N, H]
__kernel void lstm_step_mask(
    __global float *d_hidden, __global const float *mask, __global const int *lengths,
    long lengths_offset, int t, int T, int N, int H, __global int *fault) {
  const int index = get_global_id(0);
  if (index >= N * H) return;
  if (t < row_length(lengths, lengths_offset, index / H, T, fault)) d_hidden[index] *= mask[index];
}
