/** Made by `npm run generate`: the method of each paper that has one, by the number of its card. */
export const methodsByCard: Readonly<Record<number, string>> = {
  22: 'alp-gmm',
  41: 'cyclical-curriculum',
};
