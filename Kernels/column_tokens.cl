// Cells of a table's columns become tokens of E numbers: the embedding of a value, or a linear map of
// the code of a value on a scale. All columns in one launch.

// Cells and numbers of a tile; items side by side, and how many elements of a tile each of them makes.
#define TILE 32
#define ITEMS 8
#define SHARE 4

// A column with values of its own has the embeddings first ..< first + rows; one on a scale has no
// rows.
typedef struct {
  int index;
  int place;
  int first;
  int rows;
} column;

// The elements of a gradient that a group adds up: those of tokens from `element` on, by embeddings of
// the column or by numbers of its codes from `first` on.
typedef struct {
  int column;
  int element;
  int first;
} tile;

// tokens[place of c][r] = weights[c] * codes[c][r] + biases[c], or table[first of c + indices[c][r]].
//
// columns   [columns]
// codes     [scales, cells, W], contiguous, or null where no column is on a scale
// weights   [scales, E * W], or null
// biases    [scales, E], or null
// indices   [others, cells], contiguous, or null where all columns are on a scale
// table     [rows, E], contiguous, or null
// tokens    E numbers for each cell, `distance` elements from place to place, `tokens_stride` from
//           cell to cell; written; zero where an index is out of range
// Local (TILE, ITEMS, 1); global (E rounded up to TILE, ITEMS * ceil(cells / TILE), columns).
// Must equal: SluiceCPU execute(ColumnTokensForward)
__kernel __attribute__((reqd_work_group_size(TILE, ITEMS, 1))) void column_tokens_forward(
    __global const column *columns, __global const float *codes, long codes_offset,
    __global const float *weights, long weights_offset, int weights_stride,
    __global const float *biases, long biases_offset, int biases_stride,
    __global const int *indices, long indices_offset, __global const float *table,
    long table_offset, __global float *tokens, long tokens_offset, int tokens_stride, int distance,
    int cells, int W, int E, __global int *fault) {
  __local float near_weights[TILE][TILE + 1];
  __local float near_codes[TILE][TILE + 1];
  const int lane = get_local_id(0);
  const int item = get_local_id(1);
  const column own = columns[get_group_id(2)];
  const int first_element = get_group_id(0) * TILE;
  const int first_cell = get_group_id(1) * TILE;
  const int depth = own.rows == 0 ? W : 0;
  float sums[SHARE] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int begin = 0; begin < depth; begin += TILE) {
    const int w = begin + lane;
    for (int k = item; k < TILE; k += ITEMS) {
      const int e = first_element + k;
      const int r = first_cell + k;
      near_weights[k][lane] = w < W && e < E
          ? weights[weights_offset + (long)own.index * weights_stride + e * W + w] : 0.0f;
      near_codes[k][lane] = w < W && r < cells
          ? codes[codes_offset + ((long)own.index * cells + r) * W + w] : 0.0f;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    const int end = min(TILE, W - begin);
    for (int k = 0; k < end; k++) {
      const float weight = near_weights[lane][k];
      for (int share = 0; share < SHARE; share++)
        sums[share] = fma(near_codes[item + share * ITEMS][k], weight, sums[share]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  const int e = first_element + lane;
  if (e >= E) return;
  const float bias =
      own.rows == 0 ? biases[biases_offset + (long)own.index * biases_stride + e] : 0.0f;
  for (int share = 0; share < SHARE; share++) {
    const int r = first_cell + item + share * ITEMS;
    if (r >= cells) return;
    float value = sums[share] + bias;
    if (own.rows > 0) {
      const int index = indices[indices_offset + (long)own.index * cells + r];
      value = check_index(fault, FAULT_EMBEDDING, r, index, own.rows)
          ? table[table_offset + (long)(own.first + index) * E + e] : 0.0f;
    }
    tokens[tokens_offset + (long)own.place * distance + (long)r * tokens_stride + e] = value;
  }
}

// Adds to element `share` of an item's part of a tile. Those past an end are left out.
void add_to_gradient(
    column own, tile part, int lane, int item, float sum, __global float *d_weights,
    int d_weights_stride, __global float *d_biases, int d_biases_stride, __global float *d_table,
    int W, int E) {
  if (own.rows > 0) {
    const int e = part.element + lane;
    const int row = part.first + item;
    if (e < E && row < own.rows) d_table[(long)(own.first + row) * E + e] += sum;
    return;
  }
  const int e = part.element + item;
  const int w = part.first + lane;
  if (e >= E || w > W) return;
  if (w < W)
    d_weights[(long)own.index * d_weights_stride + e * W + w] += sum;
  else
    d_biases[(long)own.index * d_biases_stride + e] += sum;
}

// The gradients of weights, biases and embeddings. A group adds up one tile of one column's, over one
// part of the cells, in their order; a bias goes as a last number, 1, of every code.
//
// columns    [columns]
// tiles      [tiles]
// codes, indices        as forward
// d_tokens   as forward's tokens
// d_weights, d_biases, d_table  as forward's; added to, where there are no partials; or null
// partials   [parts, tiles, TILE, TILE]; written; or null where there is one part
// Local (TILE, ITEMS, 1); global (TILE, ITEMS * tiles, parts).
// Must equal: SluiceCPU execute(ColumnTokensBackward)
__kernel __attribute__((reqd_work_group_size(TILE, ITEMS, 1))) void column_tokens_backward(
    __global const column *columns, __global const tile *tiles, __global const float *codes,
    long codes_offset, __global const int *indices, long indices_offset,
    __global const float *d_tokens, long d_tokens_offset, int d_tokens_stride, int distance,
    __global float *d_weights, long d_weights_offset, int d_weights_stride,
    __global float *d_biases, long d_biases_offset, int d_biases_stride, __global float *d_table,
    long d_table_offset, __global float *partials, int cells, int part_cells, int W, int E,
    __global int *fault) {
  __local float near_tokens[TILE][TILE + 1];
  __local float near_codes[TILE][TILE];
  __local int near_rows[TILE];
  const int lane = get_local_id(0);
  const int item = get_local_id(1);
  const tile part = tiles[get_group_id(1)];
  const column own = columns[part.column];
  const bool is_scale = own.rows == 0;
  const int first_cell = get_group_id(2) * part_cells;
  const int end = min(cells, first_cell + part_cells);
  const int w = part.first + lane;
  const long from = d_tokens_offset + (long)own.place * distance + part.element + lane;
  float sums[SHARE] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int begin = first_cell; begin < end; begin += TILE) {
    for (int k = item; k < TILE; k += ITEMS) {
      const int r = begin + k;
      near_tokens[k][lane] = r < end && part.element + lane < E
          ? d_tokens[from + (long)r * d_tokens_stride] : 0.0f;
      near_codes[k][lane] = r < end && is_scale && w < W
          ? codes[codes_offset + ((long)own.index * cells + r) * W + w]
          : w == W ? 1.0f : 0.0f;
    }
    if (item == 0) {
      const int r = begin + lane;
      int row = -1;
      if (r < end && !is_scale) {
        const int index = indices[indices_offset + (long)own.index * cells + r];
        if (check_index(fault, FAULT_EMBEDDING, r, index, own.rows)) row = index - part.first;
      }
      near_rows[lane] = row;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (is_scale) {
      for (int k = 0; k < TILE; k++) {
        const float code = near_codes[k][lane];
        for (int share = 0; share < SHARE; share++)
          sums[share] = fma(near_tokens[k][item + share * ITEMS], code, sums[share]);
      }
    } else {
      for (int k = 0; k < TILE; k++) {
        const float d = near_tokens[k][lane];
        for (int share = 0; share < SHARE; share++)
          sums[share] += near_rows[k] == item + share * ITEMS ? d : 0.0f;
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (int share = 0; share < SHARE; share++) {
    const int place = item + share * ITEMS;
    if (partials) {
      const long group = (long)get_group_id(2) * get_num_groups(1) + get_group_id(1);
      partials[(group * TILE + place) * TILE + lane] = sums[share];
    } else {
      add_to_gradient(
          own, part, lane, place, sums[share], d_weights + d_weights_offset, d_weights_stride,
          d_biases + d_biases_offset, d_biases_stride, d_table + d_table_offset, W, E);
    }
  }
}

// Adds the parts of column_tokens_backward up, in their order, to the gradients they belong to.
//
// Arguments as there. Local (TILE, ITEMS); global (TILE, ITEMS * tiles).
__kernel __attribute__((reqd_work_group_size(TILE, ITEMS, 1))) void column_tokens_join(
    __global const column *columns, __global const tile *tiles, __global const float *partials,
    int parts, __global float *d_weights, long d_weights_offset, int d_weights_stride,
    __global float *d_biases, long d_biases_offset, int d_biases_stride, __global float *d_table,
    long d_table_offset, int W, int E) {
  const int lane = get_local_id(0);
  const int item = get_local_id(1);
  const tile part = tiles[get_group_id(1)];
  const long whole = (long)get_num_groups(1) * TILE * TILE;
  for (int share = 0; share < SHARE; share++) {
    const int place = item + share * ITEMS;
    __global const float *from = partials + (get_group_id(1) * TILE + place) * TILE + lane;
    float sum = 0.0f;
    for (int k = 0; k < parts; k++) sum += from[k * whole];
    add_to_gradient(
        columns[part.column], part, lane, place, sum, d_weights + d_weights_offset,
        d_weights_stride, d_biases + d_biases_offset, d_biases_stride, d_table + d_table_offset, W,
        E);
  }
}
