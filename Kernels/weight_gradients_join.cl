// Where the gradients lie that the parts of a product belong to, -1 for those that are not there; and
// its extents. Of its M rows the last `separate` belong to the hidden state alone, and as many before them
// to the input alone.
typedef struct {
  int input_weight;
  int hidden_weight;
  int bias;
  int bias2;
  int M;
  int separate;
  int C;
  int H;
} join_target;

// Adds the parts of up to eight matrix_products with SUMS, in their order, to the gradients they belong
// to.
//
// partials0 to partials7  [parts, M, C + H], and behind them [parts, M] for the biases; those that are
//                         not there are null
// targets                 an entry for each product; no two share an element. Of the gradients:
//                         [M - separate, C], [M - separate, H] and [M - separate] twice, contiguous
// gradients               added to
// One item per element of a part; the second dimension is the product.
__kernel void weight_gradients_join(
    __global const float *partials0, int parts0, __global const float *partials1, int parts1,
    __global const float *partials2, int parts2, __global const float *partials3, int parts3,
    __global const float *partials4, int parts4, __global const float *partials5, int parts5,
    __global const float *partials6, int parts6, __global const float *partials7, int parts7,
    __global const join_target *targets, __global float *gradients, long gradients_offset) {
  const int i = get_global_id(0);
  const join_target target = targets[get_global_id(1)];
  __global const float *partials = partials0;
  int parts = parts0;
  switch (get_global_id(1)) {
    case 1: partials = partials1, parts = parts1; break;
    case 2: partials = partials2, parts = parts2; break;
    case 3: partials = partials3, parts = parts3; break;
    case 4: partials = partials4, parts = parts4; break;
    case 5: partials = partials5, parts = parts5; break;
    case 6: partials = partials6, parts = parts6; break;
    case 7: partials = partials7, parts = parts7; break;
  }
  const int width = target.C + target.H;
  const int count = target.M * width;
  if (i >= count + target.M) return;
  __global float *to = gradients + gradients_offset;
  const bool is_bias = i >= count;
  const float sum = sum_parts(
      partials + (is_bias ? (long)parts * count + i - count : i), parts,
      is_bias ? target.M : count);
  const int row = is_bias ? i - count : i / width;
  const int column = i % width;
  // Rows as the gradients have them.
  const int rows = target.M - target.separate;
  const bool has_input = row < rows;
  const bool has_hidden = row < rows - target.separate || !has_input;
  const int hidden_row = has_input ? row : row - target.separate;
  if (is_bias) {
    if (target.bias >= 0 && has_input) to[target.bias + row] += sum;
    if (target.bias2 >= 0 && has_hidden) to[target.bias2 + hidden_row] += sum;
  } else if (column < target.C) {
    if (target.input_weight >= 0 && has_input)
      to[target.input_weight + row * target.C + column] += sum;
  } else {
    if (target.hidden_weight >= 0 && has_hidden)
      to[target.hidden_weight + hidden_row * target.H + column - target.C] += sum;
  }
}
