/**
 * One random block of each quantised type, and the SHA-1 of its float32 elements according to the reference
 * dequantisers of ggml's Python package `gguf`.
 */
export const blocks = [
  {
    code: 2,
    name: 'Q4_0',
    elements: 32,
    sha1: 'a9711b30a0ffc09f77e07ee9632fd8f7b60ff249',
    block: 'b3ade5f1a94106a0956a26afbccdafe562f9',
  },
  {
    code: 3,
    name: 'Q4_1',
    elements: 32,
    sha1: '12ba8e05dfe026fb01788faddd53ba6ee995c657',
    block: '291e4a304551370e99b2d74c3427fa48d732a1df',
  },
  {
    code: 6,
    name: 'Q5_0',
    elements: 32,
    sha1: 'b428dd89f74e5caa1f5746fa8080557af385b538',
    block: '9128a621f9bd0ccc21397c1ec795ca7748dc03d17a88',
  },
  {
    code: 7,
    name: 'Q5_1',
    elements: 32,
    sha1: '95964381cc39c901cce241318c8b17d42c9c18fb',
    block: '732c4db01f223f4192c58efd5185f0711ef7677a1f132a81',
  },
  {
    code: 8,
    name: 'Q8_0',
    elements: 32,
    sha1: 'ec047c1b68a7f013966f518e30b11ffa06651979',
    block: '0eb0c3ce3be4ebcab72f45b35223479f6e794d57037e2cfde9e15a7789781e3721a5',
  },
  {
    code: 12,
    name: 'Q4_K',
    elements: 256,
    sha1: 'ea30df32f3609f94f612f43d621f313e6ead2eb5',
    block:
      'a821881e1bdc5d1d8fc83f0b0bb4db71be572209851d3d24f4c0cf83fe4363f82f4759778955f6ced681cbea7179ced2c8f814a13472ff70ce369d8385452a44f318337f08cd1e614f235d3f83bc45fee9ee0403a79be118544441317c9311f85e0429b19f7ec0e156f65a3322e791b880ee995e3f0d307d2fbaf400693a179e0d027ed4e58be7a9ebc28a271d43a788',
  },
  {
    code: 13,
    name: 'Q5_K',
    elements: 256,
    sha1: '730ed3e1d92d2e4f621fe5c3172b0288c89a2350',
    block:
      '6aab06a5869793f0aad6ded8116e3ab51681c4a374fec70a68b3e4bdc92b387987416c17ec90963ec766888ab4b80eba7c5cfd81121bea9cee1810dfd5169faf26cd7b5c30c8aba44d972299e8c7b41b9a1d2b0f180600a974d63b6332202c998e82b2522c49c4394c7d73265b6aaf61b288fbd0aecfa766616223611e764c93aa388ffabd0a6a6412b209971e2d827076f7e49ab8fa197271be53a3442b128cdad72bad0f8aeef42a0b9a26d74fc78f',
  },
  {
    code: 14,
    name: 'Q6_K',
    elements: 256,
    sha1: '982d1308107fadb1fc8d8828b470dd8672f49f50',
    block:
      '2562b87049307fd37899c118819af6674394c3f7aa5f93f32c810a37ca7bf1013ccdf8ab8ab4a6039954e84cbe3b3f7f1183c3df8375c517b4e786a9aadf7488f892b12191387ad86aca56d8531c927b931fe8f16e795b9b331767e712dbe8f5331dd9917f01e64710dd3c25f4d21690a049453135550ec0193a8bed1783d53ec944658d1d28960c44b0382e93438e60788d51e279a131f8130b3ea4bd2f5d95e57bd791436d840f4e6654608135bbfb885d346959a49b36402a4f3dcc489fb6511fbe09e5d72bf834e04fe028ca49915aa8',
  },
] as const;
