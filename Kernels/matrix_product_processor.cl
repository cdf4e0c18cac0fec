// What matrix_product.cl computes, for devices that are processors: one item makes a tile, in vectors of
// its own, and everything but the tile is asked at run time, since such compilers take a second or more
// for each set of options.
//
// A slab of the right operand is laid out in panels of 16 columns, one float16 for each k; six rows of
// the left one go past it at a time, which fills the 16 registers of AVX2 and two thirds of what AVX-512
// needs to be busy.
//
// Options: BM BN BK, multiples of 6, 16 and 1.

#define PANEL 16
#define PANELS (BN / PANEL)
#define ROWS 6

// One slab of six rows and a panel: sums[i] += left[i] * near[k] for k in 0 ..< depth, ascending.
void multiply_add(
    __local float16 *sums, int sums_distance, __global const float *left, const int *rows,
    int left_k, __local const float16 *near, int depth) {
  float16 s0 = sums[0];
  float16 s1 = sums[sums_distance];
  float16 s2 = sums[2 * sums_distance];
  float16 s3 = sums[3 * sums_distance];
  float16 s4 = sums[4 * sums_distance];
  float16 s5 = sums[5 * sums_distance];
  __global const float *l0 = left + rows[0];
  __global const float *l1 = left + rows[1];
  __global const float *l2 = left + rows[2];
  __global const float *l3 = left + rows[3];
  __global const float *l4 = left + rows[4];
  __global const float *l5 = left + rows[5];
  for (int k = 0; k < depth; k++) {
    const float16 right = near[k];
    const int at = k * left_k;
    s0 = fma((float16)(l0[at]), right, s0);
    s1 = fma((float16)(l1[at]), right, s1);
    s2 = fma((float16)(l2[at]), right, s2);
    s3 = fma((float16)(l3[at]), right, s3);
    s4 = fma((float16)(l4[at]), right, s4);
    s5 = fma((float16)(l5[at]), right, s5);
  }
  sums[0] = s0;
  sums[sums_distance] = s1;
  sums[2 * sums_distance] = s2;
  sums[3 * sums_distance] = s3;
  sums[4 * sums_distance] = s4;
  sums[5 * sums_distance] = s5;
}

// left, right, output, bias, bias2, partials, recurrent, packed: as in matrix_product.cl, where `gates` is
// PACK and `lanes` PACK_LANES; packed may be null, left_sums says whether the sums of left over k follow
// behind the partials
// hidden    null: a plain product; else that of a recurrent layer's weight gradients, as there
// initial   [batch, H], or null: zero
// lengths   [batch], or null
// mask      [batch, H], or null
// separate  as in matrix_product.cl, or 0
// Local (1, 1, 1); global (ceil(N / BN), ceil(M / BM), parts).
// Must equal: SluiceCPU product
__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void matrix_product_processor(
    __global const float *left, long left_offset, int left_stride, int transpose_left,
    __global const float *right, long right_offset, int right_stride, int transpose_right,
    __global float *output, long output_offset, int output_stride, __global const float *bias,
    long bias_offset, __global const float *bias2, long bias2_offset, int bias2_count,
    __global float *partials, int M, int N, int K, int part_depth, float scale, int accumulate, int activation, int left_sums,
    __global const float *hidden, long hidden_offset, int hidden_stride, int batch, int C,
    int reverse, __global const float *initial, long initial_offset, __global const int *lengths,
    long lengths_offset, __global const float *mask, int separate, __global const float *recurrent,
    long recurrent_offset, __global float *packed, int H, int depth, int gates, int lanes) {
  __local float16 near[PANELS * BK];
  __local float16 sums[BM * PANELS];
  __local float row_sums[BM];
  const int row0 = get_group_id(1) * BM;
  const int column0 = get_group_id(0) * BN;
  const int part = get_group_id(2);
  const int row_count = min(BM, M - row0);
  const int column_count = min(BN, N - column0);
  const int panel_count = (column_count + PANEL - 1) / PANEL;
  const int begin = part * part_depth;
  // Nothing is added up for a tile that nobody asks for.
  const bool is_idle = separate > 0 && column0 > 0
      && (row0 >= M - separate ? column0 + BN <= C
                               : row0 >= M - 2 * separate && row0 + BM <= M - separate && column0 >= C);
  const int end = is_idle ? begin : min(K, begin + part_depth);
  const bool sums_left = left_sums && column0 == 0;

  if (packed) {
    const int groups = (int)(get_num_groups(0) * get_num_groups(1) * get_num_groups(2));
    const int group = ((int)get_group_id(2) * (int)get_num_groups(1) + (int)get_group_id(1))
        * (int)get_num_groups(0) + (int)get_group_id(0);
    for (int i = group; i < depth * H; i += groups)
      for (int g = 0; g < lanes; g++)
        packed[i * lanes + g] = g < gates && i / H < H
            ? recurrent[recurrent_offset + (g * H + i % H) * H + i / H] : 0.0f;
  }

  const int left_m = transpose_left ? 1 : left_stride;
  const int left_k = transpose_left ? left_stride : 1;
  left += left_offset + (long)row0 * left_m;
  right += right_offset;
  for (int i = 0; i < BM * PANELS; i++) sums[i] = (float16)(0.0f);
  for (int i = 0; i < BM; i++) row_sums[i] = 0.0f;

  for (int k0 = begin; k0 < end; k0 += BK) {
    const int slab = min(BK, end - k0);
    // The slab of the right operand; columns past the end are zero.
    for (int k = 0; k < slab; k++) {
      for (int p = 0; p < panel_count; p++) {
        __local float *to = (__local float *)(near + p * BK + k);
        const int n0 = column0 + p * PANEL;
        const int count = min(PANEL, N - n0);
        if (hidden) {
          const int t = (k0 + k) / batch;
          const int b = (k0 + k) % batch;
          const int length = lengths ? min(lengths[lengths_offset + b], K / batch) : K / batch;
          const bool is_inside = t < length;
          const bool is_first = t == (reverse ? length - 1 : 0);
          __global const float *before =
              hidden + hidden_offset + ((long)(k0 + k) + (reverse ? batch : -batch)) * hidden_stride;
          for (int c = 0; c < PANEL; c++) {
            const int n = n0 + c;
            float value = 0.0f;
            if (c < count && is_inside) {
              if (n < C) {
                value = right[(long)(k0 + k) * right_stride + n];
              } else {
                if (!is_first) value = before[n - C];
                else if (initial) value = initial[initial_offset + (long)b * (N - C) + n - C];
                if (mask) value *= mask[(long)b * (N - C) + n - C];
              }
            }
            to[c] = value;
          }
        } else if (transpose_right) {
          for (int c = 0; c < PANEL; c++)
            to[c] = c < count ? right[(long)(n0 + c) * right_stride + k0 + k] : 0.0f;
        } else if (count == PANEL) {
          near[p * BK + k] = vload16(0, right + (long)(k0 + k) * right_stride + n0);
        } else {
          for (int c = 0; c < PANEL; c++)
            to[c] = c < count ? right[(long)(k0 + k) * right_stride + n0 + c] : 0.0f;
        }
      }
    }
    __global const float *from = left + (long)k0 * left_k;
    for (int i = 0; i < row_count; i += ROWS) {
      // Rows past the end repeat the last one, and nobody stores what comes of them.
      int rows[ROWS];
      for (int r = 0; r < ROWS; r++) rows[r] = min(i + r, row_count - 1) * left_m;
      for (int p = 0; p < panel_count; p++)
        multiply_add(sums + i * PANELS + p, PANELS, from, rows, left_k, near + p * BK, slab);
    }
    if (sums_left) {
      for (int k = 0; k < slab; k++)
        for (int i = 0; i < row_count; i++) row_sums[i] += from[k * left_k + i * left_m];
    }
  }

  if (sums_left) {
    __global float *to = partials + (long)get_num_groups(2) * M * N + (long)part * M + row0;
    for (int i = 0; i < row_count; i++) to[i] = row_sums[i];
  }
  for (int i = 0; i < row_count; i++) {
    __local const float *from = (__local const float *)(sums + i * PANELS);
    if (partials) {
      __global float *to = partials + ((long)part * M + row0 + i) * N + column0;
      for (int j = 0; j < column_count; j++) to[j] = from[j];
      continue;
    }
    __global float *to = output + output_offset + (long)(row0 + i) * output_stride + column0;
    for (int j = 0; j < column_count; j++) {
      float value = from[j] * scale;
      if (bias) value += bias[bias_offset + column0 + j];
      if (bias2 && column0 + j < bias2_count) value += bias2[bias2_offset + column0 + j];
      to[j] = accumulate ? to[j] + value : activate(activation, value);
    }
  }
}
