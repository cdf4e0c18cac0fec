// output = activation(scale * op(left) * op(right) + bias), or output += scale * op(left) * op(right).
//
// A group makes a tile of BM x BN results, an item RM x RN of them in registers. K goes by in slabs
// of BK: while one slab is worked on in local memory, the next is on its way to registers. Rows and
// columns past the end repeat the last ones, and nobody stores what comes of them; so only the last
// slab looks where K ends.
//
// Options: BM BN BK RM RN; TRANSPOSE_LEFT, TRANSPOSE_RIGHT, SUMS, RECURRENT (0 or 1); PACK (0 or how many
// gates); ACTIVATION; LEFT_WIDTH, RIGHT_WIDTH, OUTPUT_WIDTH: how many floats of an operand or of the output lie side by
// side and aligned, 1, 2 or 4 (the output: 1 or 4). With RECURRENT: INITIAL, LENGTHS, MASK, SEPARATE (0 or 1).
// With PACK: PACK_LANES. PAIR (0 or 1), and with it PAIR_X for each of RECURRENT, INITIAL, LENGTHS, MASK and PACK that is 1.

// Loops of known length are written out: sums stay in registers, loads run ahead of what needs them.
#define UNROLLED _Pragma("unroll")

#define GROUP_X (BN / RN)
#define GROUP_Y (BM / RM)
#define ITEMS (GROUP_X * GROUP_Y)
// Rows of a slab are padded: they stay aligned for float4, and neighbours lie in other banks.
#define LEFT_ROW (BM + 4)
#define RIGHT_ROW (BN + 4)

// Where result i of an item lies in the tile: runs of four, so that float4 loads fit.
#define TILE_ROW(i) (RM < 4 ? y * RM + (i) : ((i) / 4) * (BM * 4 / RM) + y * 4 + (i) % 4)
#define TILE_COLUMN(i) (RN < 4 ? x * RN + (i) : ((i) / 4) * (BN * 4 / RN) + x * 4 + (i) % 4)

// Load i of an item brings WIDTH floats of a slab. Where K runs along the rows of the operand, 8 of
// its steps stand side by side, a sector of memory, in as many rows as make them fall into different
// banks; else the operand's own columns do.
#define ALONG_K(i, ROWS, WIDTH)                                                    \
  (((i) * ITEMS + item) / (8 / WIDTH * ROWS) * 8 + (item % (8 / WIDTH)) * WIDTH)
#define ALONG_ROW(i, ROWS, WIDTH) (((i) * ITEMS + item) / (8 / WIDTH) % ROWS)
#define ACROSS_K(i, ROWS, WIDTH) (((i) * ITEMS + item) / (ROWS / WIDTH))
#define ACROSS_ROW(ROWS, WIDTH) (item % (ROWS / WIDTH) * WIDTH)

#define LEFT_LOADS (BM * BK / ITEMS / LEFT_WIDTH)
#define RIGHT_LOADS (BN * BK / ITEMS / RIGHT_WIDTH)

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

void load_wide(float *to, __global const float *from, int width) {
  if (width == 4) {
    const float4 four = *(__global const float4 *)from;
    to[0] = four.x;
    to[1] = four.y;
    to[2] = four.z;
    to[3] = four.w;
  } else if (width == 2) {
    const float2 two = *(__global const float2 *)from;
    to[0] = two.x;
    to[1] = two.y;
  } else {
    to[0] = from[0];
  }
}

void store_wide(__local float *to, const float *from, int width) {
  if (width == 4) *(__local float4 *)to = (float4)(from[0], from[1], from[2], from[3]);
  else if (width == 2) *(__local float2 *)to = (float2)(from[0], from[1]);
  else to[0] = from[0];
}

// left      [M, K], or [K, M] with TRANSPOSE_LEFT; rows left_stride apart
// right     [K, N], or [N, K] with TRANSPOSE_RIGHT
// output    [M, N]; written; aliases no operand
// bias      [N] or null; bias2 a second one of the first bias2_count columns, or null
// partials  null; or [parts, M, N], written instead of output: part p sums k from p * part_depth
// With SUMS and TRANSPOSE_LEFT, the sums of left over k, which is what a bias gets where left is the
// gradient of a layer's output, follow behind the partials.
// partials  [parts, M, N] and [parts, M]
// With RECURRENT, right and its offset and stride are those of a recurrent layer's input, and
// column n of right is: n < C that of the input, n < C + H = N that of the hidden state that the step
// came from: all weight gradients of the layer in one product. Row k is step t = k / batch of batch
// row b = k mod batch.
// hidden    output of the layer [T, batch, H], rows hidden_stride apart
// initial   with INITIAL: [batch, H]; else it is zero
// lengths   with LENGTHS: [batch]; of rows past their length right counts as zero, whatever it holds,
//           and left is zero
// mask      with MASK: [batch, H]: what the hidden state was multiplied by
// separate  with SEPARATE: S * H. Of the rows of the result, the last S * H belong to the hidden state
//           alone, and as many before them to the input alone: what these have of the other one is
//           undefined
// With PACK, the groups also lay out recurrent weights for the recurrence, which has no part in this
// product but comes after it: a launch less.
// recurrent [PACK * H, H] contiguous
// packed    [depth, H] of PACK_LANES floats, aligned for four of them; written: packed[k, j] = the weights
//           from hidden unit k to the gates of unit j, so that neighbouring items find theirs side by
//           side; zero for k >= H and where PACK_LANES are more
// With PAIR, a second product of the same extents and options, whose operands have names in `_other`, is
// made by as many groups more: that of a layer's other direction.
// Local (ITEMS, 1, 1); global (ITEMS * ceil(N / BN), ceil(M / BM), parts), with PAIR twice as many.
// Must equal: SluiceCPU product
__kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void matrix_product(
    __global const float *left, long left_offset, int left_stride, __global const float *right,
    long right_offset, int right_stride, __global float *output, long output_offset,
    int output_stride, __global const float *bias, long bias_offset, __global const float *bias2,
    long bias2_offset, int bias2_count, __global float *partials, int M, int N, int K, int part_depth, float scale,
    int accumulate
#if RECURRENT
    , __global const float *hidden, long hidden_offset, int hidden_stride, int batch, int C,
    int reverse
#endif
#if INITIAL
    , __global const float *initial, long initial_offset
#endif
#if LENGTHS
    , __global const int *lengths, long lengths_offset
#endif
#if MASK
    , __global const float *mask
#endif
#if SEPARATE
    , int separate
#endif
#if PACK
    , __global const float *recurrent, long recurrent_offset, __global float *packed, int H,
    int depth
#endif
#if PAIR
    , __global const float *left_other, long left_other_offset, int left_other_stride,
    __global const float *right_other, long right_other_offset, int right_other_stride,
    __global float *output_other, long output_other_offset, int output_other_stride,
    __global const float *bias_other, long bias_other_offset, __global const float *bias2_other,
    long bias2_other_offset, __global float *partials_other
#endif
#if PAIR_RECURRENT
    , __global const float *hidden_other, long hidden_other_offset, int hidden_other_stride,
    int reverse_other
#endif
#if PAIR_INITIAL
    , __global const float *initial_other, long initial_other_offset
#endif
#if PAIR_LENGTHS
    , __global const int *lengths_other, long lengths_other_offset
#endif
#if PAIR_MASK
    , __global const float *mask_other
#endif
#if PAIR_PACK
    , __global const float *recurrent_other, long recurrent_other_offset,
    __global float *packed_other
#endif
) {
  __local float near_left[2][BK * LEFT_ROW] __attribute__((aligned(16)));
  __local float near_right[2][BK * RIGHT_ROW] __attribute__((aligned(16)));
  const int item = get_local_id(0);
  // Blocks of 4 x 8 items share what they read, neighbours most of all.
#if GROUP_X % 8 == 0 && GROUP_Y % 4 == 0
  const int x = item / 32 % (GROUP_X / 8) * 8 + item / 2 % 8;
  const int y = item / 32 / (GROUP_X / 8) * 4 + item / 16 % 2 * 2 + item % 2;
#else
  const int x = item % GROUP_X;
  const int y = item / GROUP_X;
#endif
  const int row0 = get_group_id(1) * BM;
  const int column0 = get_group_id(0) * BN;
#if PAIR
  const int parts = get_num_groups(2) / 2;
  const bool is_other = (int)get_group_id(2) >= parts;
  const int part = (int)get_group_id(2) - (is_other ? parts : 0);
  if (is_other) {
    left = left_other, left_offset = left_other_offset, left_stride = left_other_stride;
    right = right_other, right_offset = right_other_offset, right_stride = right_other_stride;
    output = output_other, output_offset = output_other_offset;
    output_stride = output_other_stride;
    bias = bias_other, bias_offset = bias_other_offset;
    bias2 = bias2_other, bias2_offset = bias2_other_offset;
    partials = partials_other;
#if RECURRENT
    hidden = hidden_other, hidden_offset = hidden_other_offset;
    hidden_stride = hidden_other_stride, reverse = reverse_other;
#endif
#if INITIAL
    initial = initial_other, initial_offset = initial_other_offset;
#endif
#if LENGTHS
    lengths = lengths_other, lengths_offset = lengths_other_offset;
#endif
#if MASK
    mask = mask_other;
#endif
#if PACK
    recurrent = recurrent_other, recurrent_offset = recurrent_other_offset;
    packed = packed_other;
#endif
  }
#else
  const int parts = get_num_groups(2);
  const int part = get_group_id(2);
#endif
  const int begin = part * part_depth;
  const int end = min(K, begin + part_depth);
#if SEPARATE
  // A tile that nobody asks for but for its sums of the left operand, if there.
  const bool is_idle = column0 > 0
      && (row0 >= M - separate ? column0 + BN <= C
                               : row0 >= M - 2 * separate && row0 + BM <= M - separate && column0 >= C);
  const int slabs = is_idle ? 0 : (part_depth + BK - 1) / BK;
#else
  const int slabs = (part_depth + BK - 1) / BK;
#endif

#if PACK
  const int groups = (int)(get_num_groups(0) * get_num_groups(1)) * parts;
  const int group = (part * (int)get_num_groups(1) + (int)get_group_id(1))
      * (int)get_num_groups(0) + (int)get_group_id(0);
  for (int i = group * ITEMS + item; i < depth * H; i += groups * ITEMS) {
    float values[PACK_LANES];
    UNROLLED for (int g = 0; g < PACK_LANES; g++)
      values[g] = g < PACK && i / H < H
          ? recurrent[recurrent_offset + (g * H + i % H) * H + i / H] : 0.0f;
#if PACK_LANES == 4
    ((__global float4 *)packed)[i] = (float4)(values[0], values[1], values[2], values[3]);
#else
    UNROLLED for (int g = 0; g < PACK_LANES; g++) packed[i * PACK_LANES + g] = values[g];
#endif
  }
#endif

  // Where an item's loads begin, from the beginning of the slab.
  int left_at[LEFT_LOADS];
  int right_at[RIGHT_LOADS];
#if TRANSPOSE_LEFT
  left += left_offset + (long)begin * left_stride;
  const int left_step = BK * left_stride;
  const int m = min(row0 + ACROSS_ROW(BM, LEFT_WIDTH), M - LEFT_WIDTH);
  UNROLLED for (int i = 0; i < LEFT_LOADS; i++)
    left_at[i] = ACROSS_K(i, BM, LEFT_WIDTH) * left_stride + m;
#else
  left += left_offset + begin;
  const int left_step = BK;
  UNROLLED for (int i = 0; i < LEFT_LOADS; i++)
    left_at[i] = min(row0 + ALONG_ROW(i, BM, LEFT_WIDTH), M - 1) * left_stride
        + ALONG_K(i, BM, LEFT_WIDTH);
#endif
#if TRANSPOSE_RIGHT
  right += right_offset + begin;
  const int right_step = BK;
  UNROLLED for (int i = 0; i < RIGHT_LOADS; i++)
    right_at[i] = min(column0 + ALONG_ROW(i, BN, RIGHT_WIDTH), N - 1) * right_stride
        + ALONG_K(i, BN, RIGHT_WIDTH);
#else
  const int n = min(column0 + ACROSS_ROW(BN, RIGHT_WIDTH), N - RIGHT_WIDTH);
#if RECURRENT
  const bool is_input = n < C;
  const int distance = is_input ? right_stride : hidden_stride;
  right = is_input ? right + right_offset + n
                   : hidden + hidden_offset + (n - C) + (reverse ? batch : -batch) * hidden_stride;
  right += (long)begin * distance;
  // Steps that no hidden state of this layer precedes.
  const int first_begin = reverse ? K - batch : 0;
  const int first_end = first_begin + batch;
#else
  const int distance = right_stride;
  right += right_offset + n + (long)begin * distance;
#endif
  const int right_step = BK * distance;
  UNROLLED for (int i = 0; i < RIGHT_LOADS; i++)
    right_at[i] = ACROSS_K(i, BN, RIGHT_WIDTH) * distance;
#endif
#if LENGTHS || MASK
  // Step and batch row of the next load, and how far it is from one to the other.
  int t = (begin + ACROSS_K(0, BN, RIGHT_WIDTH)) / batch;
  int b = (begin + ACROSS_K(0, BN, RIGHT_WIDTH)) % batch;
  const int t_step = (ITEMS / (BN / RIGHT_WIDTH)) / batch;
  const int b_step = (ITEMS / (BN / RIGHT_WIDTH)) % batch;
#endif

#if SUMS
  float left_sums[LEFT_WIDTH];
  UNROLLED for (int i = 0; i < LEFT_WIDTH; i++) left_sums[i] = 0.0f;
#endif
  float sums[RM][RN];
  UNROLLED for (int i = 0; i < RM; i++) {
    UNROLLED for (int j = 0; j < RN; j++) sums[i][j] = 0.0f;
  }

  for (int slab = -1; slab < slabs; slab++) {
    float next_left[LEFT_LOADS * LEFT_WIDTH];
    float next_right[RIGHT_LOADS * RIGHT_WIDTH];
    // The next slab sets out.
    const int k0 = begin + (slab + 1) * BK;
    if (k0 + BK <= end) {
      UNROLLED for (int i = 0; i < LEFT_LOADS; i++)
        load_wide(next_left + i * LEFT_WIDTH, left + left_at[i], LEFT_WIDTH);
    } else {
      UNROLLED for (int i = 0; i < LEFT_LOADS; i++) {
        UNROLLED for (int c = 0; c < LEFT_WIDTH; c++) {
#if TRANSPOSE_LEFT
          const int k = k0 + ACROSS_K(i, BM, LEFT_WIDTH);
#else
          const int k = k0 + ALONG_K(i, BM, LEFT_WIDTH) + c;
#endif
          next_left[i * LEFT_WIDTH + c] = k < end ? left[left_at[i] + c] : 0.0f;
        }
      }
    }
    left += left_step;
#if LENGTHS || MASK
    UNROLLED for (int i = 0; i < RIGHT_LOADS; i++) {
#if LENGTHS
      const int length = min(lengths[lengths_offset + b], K / batch);
#else
      const int length = K / batch;
#endif
      const bool is_inside = k0 + ACROSS_K(i, BN, RIGHT_WIDTH) < end && t < length;
      const bool is_first = !is_input && t == (reverse ? length - 1 : 0);
      float *value = next_right + i * RIGHT_WIDTH;
      if (is_inside && !is_first) {
        load_wide(value, right + right_at[i], RIGHT_WIDTH);
      } else {
        UNROLLED for (int c = 0; c < RIGHT_WIDTH; c++) {
          value[c] = 0.0f;
#if INITIAL
          if (is_inside) value[c] = initial[initial_offset + b * (N - C) + n - C + c];
#endif
        }
      }
#if MASK
      UNROLLED for (int c = 0; c < RIGHT_WIDTH; c++)
        if (!is_input) value[c] *= mask[b * (N - C) + n - C + c];
#endif
      t += t_step;
      b += b_step;
      const bool is_next = b >= batch;
      t += is_next ? 1 : 0;
      b -= is_next ? batch : 0;
    }
#else
    bool is_plain = k0 + BK <= end;
#if RECURRENT
    is_plain = is_plain && (k0 >= first_end || k0 + BK <= first_begin);
#endif
    if (is_plain) {
      UNROLLED for (int i = 0; i < RIGHT_LOADS; i++)
        load_wide(next_right + i * RIGHT_WIDTH, right + right_at[i], RIGHT_WIDTH);
    } else {
      UNROLLED for (int i = 0; i < RIGHT_LOADS; i++) {
        UNROLLED for (int c = 0; c < RIGHT_WIDTH; c++) {
#if TRANSPOSE_RIGHT
          const int k = k0 + ALONG_K(i, BN, RIGHT_WIDTH) + c;
#else
          const int k = k0 + ACROSS_K(i, BN, RIGHT_WIDTH);
#endif
#if RECURRENT
          const bool is_first = !is_input && k >= first_begin && k < first_end;
          float value = k < end && !is_first ? right[right_at[i] + c] : 0.0f;
#if INITIAL
          if (k < end && is_first)
            value = initial[initial_offset + (k - first_begin) * (N - C) + n - C + c];
#endif
          next_right[i * RIGHT_WIDTH + c] = value;
#else
          next_right[i * RIGHT_WIDTH + c] = k < end ? right[right_at[i] + c] : 0.0f;
#endif
        }
      }
    }
#endif
    right += right_step;
    // This slab is worked on; there is none in the first round.
    __local const float *left_slab = near_left[slab & 1] + TILE_ROW(0);
    __local const float *right_slab = near_right[slab & 1] + TILE_COLUMN(0);
    if (slab >= 0) {
      UNROLLED for (int k = 0; k < BK; k++) {
        float a[RM];
        float b[RN];
        load_run(a, left_slab + k * LEFT_ROW, RM, BM * 4 / RM);
        load_run(b, right_slab + k * RIGHT_ROW, RN, BN * 4 / RN);
        UNROLLED for (int i = 0; i < RM; i++) {
          UNROLLED for (int j = 0; j < RN; j++) sums[i][j] = fma(a[i], b[j], sums[i][j]);
        }
      }
    }
    // The next slab arrives where nobody reads now.
    __local float *left_to = near_left[(slab + 1) & 1];
    __local float *right_to = near_right[(slab + 1) & 1];
    UNROLLED for (int i = 0; i < LEFT_LOADS; i++) {
#if TRANSPOSE_LEFT
      store_wide(
          left_to + ACROSS_K(i, BM, LEFT_WIDTH) * LEFT_ROW + ACROSS_ROW(BM, LEFT_WIDTH),
          next_left + i * LEFT_WIDTH, LEFT_WIDTH);
#else
      UNROLLED for (int c = 0; c < LEFT_WIDTH; c++)
        left_to[(ALONG_K(i, BM, LEFT_WIDTH) + c) * LEFT_ROW + ALONG_ROW(i, BM, LEFT_WIDTH)] =
            next_left[i * LEFT_WIDTH + c];
#endif
#if SUMS
      UNROLLED for (int c = 0; c < LEFT_WIDTH; c++) left_sums[c] += next_left[i * LEFT_WIDTH + c];
#endif
    }
    UNROLLED for (int i = 0; i < RIGHT_LOADS; i++) {
#if TRANSPOSE_RIGHT
      UNROLLED for (int c = 0; c < RIGHT_WIDTH; c++)
        right_to[(ALONG_K(i, BN, RIGHT_WIDTH) + c) * RIGHT_ROW + ALONG_ROW(i, BN, RIGHT_WIDTH)] =
            next_right[i * RIGHT_WIDTH + c];
#else
      store_wide(
          right_to + ACROSS_K(i, BN, RIGHT_WIDTH) * RIGHT_ROW + ACROSS_ROW(BN, RIGHT_WIDTH),
          next_right + i * RIGHT_WIDTH, RIGHT_WIDTH);
#endif
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

#if SUMS
  // The items that loaded the same rows of left add up what they saw, in their order.
  store_wide(near_left[0] + item * LEFT_WIDTH, left_sums, LEFT_WIDTH);
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int row = item; row < BM; row += ITEMS) {
    float sum = 0.0f;
    for (int other = row; other < ITEMS * LEFT_WIDTH; other += BM) sum += near_left[0][other];
    if (column0 == 0 && row0 + row < M)
      partials[(long)parts * M * N + (long)part * M + row0 + row] = sum;
  }
#endif

  UNROLLED for (int i = 0; i < RM; i++) {
    const int row = row0 + TILE_ROW(i);
    UNROLLED for (int j = 0; j < RN; j += OUTPUT_WIDTH) {
      const int column = column0 + TILE_COLUMN(j);
      if (row < M && column < N) {
        float values[OUTPUT_WIDTH];
        UNROLLED for (int c = 0; c < OUTPUT_WIDTH; c++) values[c] = sums[i][j + c];
        __global float *to;
        if (partials) {
          to = partials + ((long)part * M + row) * N + column;
        } else {
          to = output + output_offset + (long)row * output_stride + column;
          UNROLLED for (int c = 0; c < OUTPUT_WIDTH; c++) {
            values[c] *= scale;
            if (bias) values[c] += bias[bias_offset + column + c];
            if (bias2 && column + c < bias2_count) values[c] += bias2[bias2_offset + column + c];
            values[c] = accumulate ? to[c] + values[c] : activate(ACTIVATION, values[c]);
          }
        }
#if OUTPUT_WIDTH == 4
        *(__global float4 *)to = (float4)(values[0], values[1], values[2], values[3]);
#else
        to[0] = values[0];
#endif
      }
    }
  }
}
