import type { PublicDataset } from '../public-dataset.js';

const base =
  'https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare';

export const tinyshakespeare = {
  about: '1.1 MB of Shakespeare, for a small language model',
  licence: 'the text is in the public domain; no licence is stated for the file',
  source: 'https://github.com/karpathy/char-rnn',
  files: {
    'input.txt': {
      url: `${base}/input.txt`,
      bytes: 1_115_394,
      sha256: '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed',
    },
  },
} as const satisfies PublicDataset;
