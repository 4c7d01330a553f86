import { join } from 'node:path';
import { cacheFolder, fetchFiles } from '../tasks/public.js';
import type { PublicDataset } from '../tasks/public-dataset.js';

const at =
  'https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/c9745ed1d9f207416be6d2e6f8de32d1f16199bf';

/** A sentence encoder of 6 layers and width 384 (Wang et al. 2020; Reimers and Gurevych 2019). */
const miniLm: PublicDataset = {
  about: 'all-MiniLM-L6-v2, a sentence encoder of 22.7 million parameters',
  licence: 'Apache-2.0',
  source: 'https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2',
  files: {
    'config.json': {
      url: `${at}/config.json`,
      bytes: 612,
      sha256: '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41',
    },
    'model.safetensors': {
      url: `${at}/model.safetensors`,
      bytes: 90_868_376,
      sha256: '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
    },
    'tokenizer.json': {
      url: `${at}/tokenizer.json`,
      bytes: 466_247,
      sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
    },
    'tokenizer_config.json': {
      url: `${at}/tokenizer_config.json`,
      bytes: 350,
      sha256: 'acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b',
    },
  },
};

/**
 * The folder of MiniLM's files: the one that the environment variable TUTELAGE_MINILM names, or in the cache, to which they are
 * downloaded (91 MB) the first time.
 *
 * @throws {UserError} when a download fails
 */
export async function miniLmFolder(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  if (environment.TUTELAGE_MINILM) return environment.TUTELAGE_MINILM;
  const folder = join(cacheFolder(environment), 'all-MiniLM-L6-v2');
  await fetchFiles(miniLm, folder);
  return folder;
}
