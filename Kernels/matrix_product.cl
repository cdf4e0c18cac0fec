// output = activation(scale * op(left) * op(right) + bias), or output += scale * op(left) * op(right).
//
// A group makes a tile of BM x BN results, an item RM x RN of them in registers. K goes by in slabs
// of BK: while one slab is worked on in local memory, the next is on its way to registers.
//
// Options: BM BN BK RM RN; TRANSPOSE_LEFT, TRANSPOSE_RIGHT, RECURRENT, PACK (0 or 1).

#define GROUP_X (BN / RN)
#define GROUP_Y (BM / RM)
#define ITEMS (GROUP_X * GROUP_Y)
#define LEFT_LOADS (BM * BK / ITEMS)
#define RIGHT_LOADS (BN * BK / ITEMS)
// Rows of a slab are padded: they stay aligned for float4, and neighbours lie in other banks.
#define LEFT_ROW (BM + 4)
#define RIGHT_ROW (BN + 4)

// Where result i of an item lies in the tile: runs of four, so that float4 loads fit.
#define TILE_ROW(i) (RM < 4 ? y * RM + (i) : ((i) / 4) * (BM * 4 / RM) + y * 4 + (i) % 4)
#define TILE_COLUMN(i) (RN < 4 ? x * RN + (i) : ((i) / 4) * (BN * 4 / RN) + x * 4 + (i) % 4)

void load_run(float *to, __local const float *from, int count, int run_distance) {
  if (count < 4) {
    for (int i = 0; i < count; i++) to[i] = from[i];
  } else {
    for (int i = 0; i < count; i += 4) {
      const float4 four = *(__local const float4 *)(from + i / 4 * run_distance);
      to[i] = four.x;
      to[i + 1] = four.y;
      to[i + 2] = four.z;
      to[i + 3] = four.w;
    }
  }
}

#if RECURRENT
float recurrent_operand(
    __global const float *input, int input_stride, __global const int *tokens, int vocabulary,
    int ignored, __global const float *hidden, int hidden_stride, __global const float *initial,
    long initial_offset, __global const int *lengths, long lengths_offset,
    __global const float *mask, int T, int batch, int C, int H, int reverse, int k, int n) {
  const int t = k / batch;
  const int b = k % batch;
  const int length = lengths ? lengths[lengths_offset + b] : T;
  if (t >= length) return 0.0f;
  if (n < C) {
    if (!tokens) return input[k * input_stride + n];
    const int token = tokens[k];
    // One that is no row of the table was reported forward.
    if (token == ignored || token < 0 || token >= vocabulary) return 0.0f;
    return input[(long)token * input_stride + n];
  }
  if (n == C + H) return 1.0f;
  const int j = n - C;
  float value = 0.0f;
  if (t != (reverse ? length - 1 : 0))
    value = hidden[(reverse ? k + batch : k - batch) * hidden_stride + j];
  else if (initial)
    value = initial[initial_offset + b * H + j];
  return mask ? value * mask[b * H + j] : value;
}
#endif

// left      [M, K], or [K, M] with TRANSPOSE_LEFT; rows left_stride apart
// right     [K, N], or [N, K] with TRANSPOSE_RIGHT
// output    [M, N]; written; aliases no operand
// bias      [N] or null; bias2 a second one, or null
// partials  null; or [parts, M, N], written instead of output: part p sums k from p * part_depth
// With RECURRENT, right and its offset and stride are those of a recurrent layer's input, and
// column n of right is: n < C that of the input, n < C + H that of the hidden state that the step
// came from, n = C + H the number 1: all weight gradients of the layer in one product. Row k is
// step t = k / batch of batch row b = k mod batch.
// tokens    null; or [K]: the input is a table [vocabulary, C], and that of row k its row tokens[k],
//           zero where that is `ignored`
// hidden    output of the layer [T, batch, H], rows hidden_stride apart
// initial   [batch, H] or null: zero
// lengths   [batch] or null; rows past their length count as zero, whatever they hold
// mask      [batch, H] or null: what the hidden state was multiplied by
// With PACK, the groups also lay out recurrent weights for lstm_persistent_forward, which has no
// part in this product but comes after it: a launch less.
// recurrent [4H, H] contiguous
// packed    [depth, H] of float4; written: packed[k, j] = the weights from hidden unit k to the four
//           gates of unit j, so that neighbouring items find theirs side by side; zero for k >= H
// Local (GROUP_X, GROUP_Y, 1); global (GROUP_X * ceil(N / BN), GROUP_Y * ceil(M / BM), parts).
// Must equal: SluiceCPU product
__kernel __attribute__((reqd_work_group_size(GROUP_X, GROUP_Y, 1))) void matrix_product(
    __global const float *left, long left_offset, int left_stride, __global const float *right,
    long right_offset, int right_stride, __global float *output, long output_offset,
    int output_stride, __global const float *bias, long bias_offset, __global const float *bias2,
    long bias2_offset, __global float *partials, int M, int N, int K, int part_depth, float scale,
    int accumulate, int activation
#if RECURRENT
    , __global const int *tokens, long tokens_offset, int vocabulary, int ignored,
    __global const float *hidden, long hidden_offset, int hidden_stride,
    __global const float *initial, long initial_offset, __global const int *lengths,
    long lengths_offset, __global const float *mask, int batch, int C, int reverse
#endif
#if PACK
    , __global const float *recurrent, long recurrent_offset, __global float4 *packed, int H,
    int depth
#endif
) {
  __local float near_left[2][BK * LEFT_ROW] __attribute__((aligned(16)));
  __local float near_right[2][BK * RIGHT_ROW] __attribute__((aligned(16)));
  const int x = get_local_id(0);
  const int y = get_local_id(1);
  const int item = y * GROUP_X + x;
  const int row0 = get_group_id(1) * BM;
  const int column0 = get_group_id(0) * BN;
  const int part = get_group_id(2);
  const int begin = part * part_depth;
  const int end = min(K, begin + part_depth);
  const int slabs = (part_depth + BK - 1) / BK;
  left += left_offset;
  right += right_offset;

#if PACK
  const int groups = (int)(get_num_groups(0) * get_num_groups(1) * get_num_groups(2));
  const int group = ((int)get_group_id(2) * (int)get_num_groups(1) + (int)get_group_id(1))
      * (int)get_num_groups(0) + (int)get_group_id(0);
  for (int i = group * ITEMS + item; i < depth * H; i += groups * ITEMS)
    packed[i] = gate_weights(recurrent + recurrent_offset, H, i % H, i / H);
#endif

  float sums[RM][RN];
  for (int i = 0; i < RM; i++)
    for (int j = 0; j < RN; j++) sums[i][j] = 0.0f;
  float next_left[LEFT_LOADS];
  float next_right[RIGHT_LOADS];

  for (int slab = -1; slab < slabs; slab++) {
    // The next slab sets out.
    const int k0 = begin + (slab + 1) * BK;
    for (int i = 0; i < LEFT_LOADS; i++) {
      const int e = item + i * ITEMS;
#if TRANSPOSE_LEFT
      const int m = row0 + e % BM;
      const int k = k0 + e / BM;
      next_left[i] = m < M && k < end ? left[k * left_stride + m] : 0.0f;
#else
      const int m = row0 + e / BK;
      const int k = k0 + e % BK;
      next_left[i] = m < M && k < end ? left[m * left_stride + k] : 0.0f;
#endif
    }
    for (int i = 0; i < RIGHT_LOADS; i++) {
      const int e = item + i * ITEMS;
#if TRANSPOSE_RIGHT
      const int n = column0 + e / BK;
      const int k = k0 + e % BK;
      next_right[i] = n < N && k < end ? right[n * right_stride + k] : 0.0f;
#else
      const int n = column0 + e % BN;
      const int k = k0 + e / BN;
      float value = 0.0f;
      if (n < N && k < end) {
#if RECURRENT
        value = recurrent_operand(
            right, right_stride, tokens ? tokens + tokens_offset : tokens, vocabulary, ignored,
            hidden + hidden_offset, hidden_stride, initial, initial_offset, lengths,
            lengths_offset, mask, K / batch, batch, C, N - 1 - C, reverse, k, n);
#else
        value = right[k * right_stride + n];
#endif
      }
      next_right[i] = value;
#endif
    }
    // This slab is worked on; there is none in the first round.
    __local const float *left_slab = near_left[slab & 1];
    __local const float *right_slab = near_right[slab & 1];
    if (slab >= 0) {
      for (int k = 0; k < BK; k++) {
        float a[RM];
        float b[RN];
        load_run(a, left_slab + k * LEFT_ROW + TILE_ROW(0), RM, BM * 4 / RM);
        load_run(b, right_slab + k * RIGHT_ROW + TILE_COLUMN(0), RN, BN * 4 / RN);
        for (int i = 0; i < RM; i++)
          for (int j = 0; j < RN; j++) sums[i][j] = fma(a[i], b[j], sums[i][j]);
      }
    }
    // The next slab arrives where nobody reads now.
    for (int i = 0; i < LEFT_LOADS; i++) {
      const int e = item + i * ITEMS;
#if TRANSPOSE_LEFT
      near_left[(slab + 1) & 1][e / BM * LEFT_ROW + e % BM] = next_left[i];
#else
      near_left[(slab + 1) & 1][e % BK * LEFT_ROW + e / BK] = next_left[i];
#endif
    }
    for (int i = 0; i < RIGHT_LOADS; i++) {
      const int e = item + i * ITEMS;
#if TRANSPOSE_RIGHT
      near_right[(slab + 1) & 1][e % BK * RIGHT_ROW + e / BK] = next_right[i];
#else
      near_right[(slab + 1) & 1][e / BN * RIGHT_ROW + e % BN] = next_right[i];
#endif
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

  for (int i = 0; i < RM; i++) {
    const int m = row0 + TILE_ROW(i);
    for (int j = 0; j < RN; j++) {
      const int n = column0 + TILE_COLUMN(j);
      if (m >= M || n >= N) continue;
      if (partials) {
        partials[((long)part * M + m) * N + n] = sums[i][j];
        continue;
      }
      store_product(
          output + output_offset + (long)m * output_stride + n, scale * sums[i][j], bias,
          bias_offset, bias2, bias2_offset, n, accumulate, activation);
    }
  }
}
