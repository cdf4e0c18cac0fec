// What a device can do at most, for `sluice bench`: the rate of multiply-adds that wait for nothing.

// Eight chains an item and lane, each `chain = chain * factor + addend`, `length` times over: enough
// of them to hide the latency of a multiply-add, vectors for devices that have them, and no memory
// until the end.
//
// output      [get_global_size(0)]; written: the sum of the item's 128 chains
// One dimension, groups of any size.
__kernel void multiply_add_chains(
    __global float *output, int length, float factor, float addend) {
  const int item = get_global_id(0);
  const float16 lane = (float16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const float16 scale = (float16)(factor);
  const float16 shift = (float16)(addend);
  float16 chain0 = lane + (float)(item & 15), chain1 = chain0 + 1.0f, chain2 = chain0 + 2.0f,
          chain3 = chain0 + 3.0f, chain4 = chain0 + 4.0f, chain5 = chain0 + 5.0f,
          chain6 = chain0 + 6.0f, chain7 = chain0 + 7.0f;
  for (int step = 0; step < length; ++step) {
    chain0 = fma(chain0, scale, shift);
    chain1 = fma(chain1, scale, shift);
    chain2 = fma(chain2, scale, shift);
    chain3 = fma(chain3, scale, shift);
    chain4 = fma(chain4, scale, shift);
    chain5 = fma(chain5, scale, shift);
    chain6 = fma(chain6, scale, shift);
    chain7 = fma(chain7, scale, shift);
  }
  const float16 all =
      ((chain0 + chain1) + (chain2 + chain3)) + ((chain4 + chain5) + (chain6 + chain7));
  float lanes[16];
  vstore16(all, 0, lanes);
  float sum = 0.0f;
  for (int i = 0; i < 16; i++) sum += lanes[i];
  output[item] = sum;
}
