// Brings SciFact (Wadden et al. 2020) into the layout of BEIR, which the retrieval methods read:
//   node bench/scifact-collection.js SOURCE TARGET
// SOURCE is the folder of claims_train.csv, claims_validation.csv and corpus_train.csv.gz. A tenth of the training claims, by a hash of
// their ids, is for validation; the published development claims are the test, as in BEIR.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTable } from '../packages/tutelage/dist/tasks/table.js';

const plain = (words) => words.replaceAll(/\s+/g, ' ').trim();
const rank = (id) => createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32;

/** Claims, and the abstracts that they cite. */
async function scifact(source) {
  const rowsOf = async (name, columns) => {
    const table = await openTable(join(source, name));
    const rows = [];
    for await (const batch of table.rows(columns)) rows.push(...batch.map(({ cells }) => cells));
    return rows;
  };
  const documents = (await rowsOf('corpus_train.csv.gz', ['doc_id', 'title', 'abstract'])).map(
    ([id, title, abstract]) => ({
      id,
      title,
      // A list of sentences as Python writes it.
      text: plain(abstract.replace(/^\[['"]|['"]\]$/g, '').replaceAll(/['"]\s*\n?\s*['"]/g, ' ')),
    }),
  );
  const known = new Set(documents.map(({ id }) => id));
  const queries = new Map();
  const judged = new Map();
  for (const [file, splitOf] of [
    ['claims_train.csv', (id) => (rank(id) < 0.1 ? 'dev' : 'train')],
    ['claims_validation.csv', () => 'test'],
  ]) {
    for (const [id, claim, cited] of await rowsOf(file, ['id', 'claim', 'cited_doc_ids'])) {
      queries.set(id, { id, text: claim });
      for (const document of cited.match(/\d+/g) ?? []) {
        if (known.has(document))
          judged.set(`${id} ${document}`, { split: splitOf(id), query: id, document, grade: 1 });
      }
    }
  }
  return { queries: [...queries.values()], documents, judged: [...judged.values()] };
}

const [source, target] = process.argv.slice(2);
if (target === undefined) {
  console.error('usage: node bench/scifact-collection.js SOURCE TARGET');
  process.exit(2);
}
const { queries, documents, judged } = await scifact(source);
mkdirSync(join(target, 'qrels'), { recursive: true });
const jsonLines = (rows) =>
  rows.map(({ id, ...rest }) => `${JSON.stringify({ _id: id, ...rest })}\n`).join('');
writeFileSync(join(target, 'queries.jsonl'), jsonLines(queries));
writeFileSync(join(target, 'corpus.jsonl'), jsonLines(documents));
for (const split of ['train', 'dev', 'test']) {
  const rows = judged.filter((row) => row.split === split);
  const lines = rows.map(({ query, document, grade }) => `${query}\t${document}\t${grade}\n`).join('');
  writeFileSync(join(target, 'qrels', `${split}.tsv`), `query-id\tcorpus-id\tscore\n${lines}`);
  console.log(`${split}: ${new Set(rows.map(({ query }) => query)).size} queries, ${rows.length} judgements`);
}
