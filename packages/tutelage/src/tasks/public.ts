import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { download, isIntact, type RemoteFile } from './download.js';

/** A data set that anyone may download. */
export interface PublicDataset {
  readonly about: string;
  /** As its owners state it. */
  readonly licence: string;
  /** Page or repository to cite. */
  readonly source: string;
  readonly files: Readonly<Record<string, RemoteFile>>;
}

const BANKING77 =
  'https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/57ec275d8078af65b7731c2a98be812d844a6d6b/banking_data';
const MNIST = 'https://storage.googleapis.com/cvdf-datasets/mnist';
const FASHION_MNIST =
  'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion';
const CHAR_RNN =
  'https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare';

export const PUBLIC_DATASETS = {
  banking77: {
    about: '13,083 questions of bank customers with 77 intents (Casanueva et al. 2020)',
    licence: 'CC BY 4.0',
    source: 'https://github.com/PolyAI-LDN/task-specific-datasets',
    files: {
      'train.csv': {
        url: `${BANKING77}/train.csv`,
        bytes: 839_073,
        sha256: 'b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b',
      },
      'test.csv': {
        url: `${BANKING77}/test.csv`,
        bytes: 239_961,
        sha256: 'd12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d',
      },
      'categories.json': {
        url: `${BANKING77}/categories.json`,
        bytes: 2_036,
        sha256: '53261da888122daf2d120d925458631d9619e15d82e56052e7a42e535ce32b63',
      },
    },
  },
  tinyshakespeare: {
    about: '1.1 MB of Shakespeare, for a small language model',
    licence: 'the text is in the public domain; no licence is stated for the file',
    source: 'https://github.com/karpathy/char-rnn',
    files: {
      'input.txt': {
        url: `${CHAR_RNN}/input.txt`,
        bytes: 1_115_394,
        sha256: '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed',
      },
    },
  },
  'fashion-mnist': {
    about: '70,000 grey pictures of clothes of 28 x 28 pixels, 10 classes (Xiao, Rasul, Vollgraf 2017)',
    licence: 'MIT',
    source: 'https://github.com/zalandoresearch/fashion-mnist',
    files: {
      'train-images-idx3-ubyte.gz': {
        url: `${FASHION_MNIST}/train-images-idx3-ubyte.gz`,
        bytes: 26_421_880,
        sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
      },
      'train-labels-idx1-ubyte.gz': {
        url: `${FASHION_MNIST}/train-labels-idx1-ubyte.gz`,
        bytes: 29_515,
        sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
      },
      't10k-images-idx3-ubyte.gz': {
        url: `${FASHION_MNIST}/t10k-images-idx3-ubyte.gz`,
        bytes: 4_422_102,
        sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
      },
      't10k-labels-idx1-ubyte.gz': {
        url: `${FASHION_MNIST}/t10k-labels-idx1-ubyte.gz`,
        bytes: 5_148,
        sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
      },
    },
  },
  mnist: {
    about: '70,000 handwritten digits of 28 x 28 pixels (LeCun, Cortes, Burges)',
    licence: 'CC BY-SA 3.0',
    source: 'http://yann.lecun.com/exdb/mnist/',
    files: {
      'train-images-idx3-ubyte.gz': {
        url: `${MNIST}/train-images-idx3-ubyte.gz`,
        bytes: 9_912_422,
        sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
      },
      'train-labels-idx1-ubyte.gz': {
        url: `${MNIST}/train-labels-idx1-ubyte.gz`,
        bytes: 28_881,
        sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
      },
      't10k-images-idx3-ubyte.gz': {
        url: `${MNIST}/t10k-images-idx3-ubyte.gz`,
        bytes: 1_648_877,
        sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
      },
      't10k-labels-idx1-ubyte.gz': {
        url: `${MNIST}/t10k-labels-idx1-ubyte.gz`,
        bytes: 4_542,
        sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
      },
    },
  },
} as const satisfies Record<string, PublicDataset>;

export type PublicDatasetName = keyof typeof PUBLIC_DATASETS;

/** Where downloads are kept: TUTELAGE_CACHE, or `tutelage` in the user's cache directory. */
export function cacheFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const { TUTELAGE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  if (TUTELAGE_CACHE) return TUTELAGE_CACHE;
  if (platform === 'win32')
    return join(LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'tutelage', 'cache');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'tutelage');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'tutelage');
}

/** @throws UserError if the name is unknown, with the names that are known */
export function publicDataset(name: string): PublicDataset {
  if (Object.hasOwn(PUBLIC_DATASETS, name)) return PUBLIC_DATASETS[name as PublicDatasetName];
  throw new UserError(`unknown data set: ${name}`, {
    hint: `known: ${Object.keys(PUBLIC_DATASETS).join(', ')}`,
  });
}

/**
 * The files of a data set in a folder of the cache, downloaded where they are missing or damaged.
 *
 * @returns the path of each file by its name
 * @throws UserError if a download fails
 */
export async function fetchFiles(
  dataset: PublicDataset,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const [name, remote] of Object.entries(dataset.files)) {
    const path = join(folder, name);
    if (!(await isIntact(path, remote))) await download(remote, path);
    paths.set(name, path);
  }
  return paths;
}

/** The files of a public data set, from the cache or downloaded into it: the path of each by its name. */
export function fetchPublic(name: string): Promise<ReadonlyMap<string, string>> {
  return fetchFiles(publicDataset(name), join(cacheFolder(), name));
}

/**
 * The files of a data set in a folder of the user's, as they are, gzipped or not: the path of each by its name.
 *
 * @throws UserError if one is missing
 */
export async function filesIn(dataset: PublicDataset, folder: string): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const name of Object.keys(dataset.files)) {
    const plain = name.replace(/\.gz$/, '');
    const candidates = [join(folder, name), join(folder, plain), join(folder, `${plain}.gz`)];
    const found = await Promise.all(candidates.map((path) => stat(path).catch(() => undefined)));
    const path = candidates[found.findIndex((file) => file?.isFile())];
    if (path === undefined) {
      throw new UserError(`no such file: ${candidates[0]}`, {
        hint: `the data set has ${Object.keys(dataset.files).join(', ')}`,
      });
    }
    paths.set(name, path);
  }
  return paths;
}
