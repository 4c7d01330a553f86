import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readRetrieval } from '../../src/tasks/retrieval.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();

const queries = '{"_id":"q1","text":"what is a cat","metadata":{}}\n{"_id":"q2","text":"what is a dog"}\n';
const corpus =
  '{"_id":"d1","title":"Cat","text":"A cat is an animal."}\n{"_id":"d2","title":"","text":"A dog barks."}\n{"_id":"d3","title":"Only a title","text":""}\n';

describe('readRetrieval', () => {
  it("reads BEIR's layout", async () => {
    folder.write('beir/queries.jsonl', queries);
    folder.write('beir/corpus.jsonl.gz', gzipSync(corpus));
    folder.write('beir/qrels/test.tsv', 'query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td2\t1\nq2\td1\t0\n');
    folder.write('beir/qrels/dev.tsv', 'query-id\tcorpus-id\tscore\nq1\td3\t1\n');
    const data = await readRetrieval(join(folder.path, 'beir'));
    expect([...data.queries]).toEqual([
      ['q1', 'what is a cat'],
      ['q2', 'what is a dog'],
    ]);
    expect(data.documents.get('d1')).toEqual({ title: 'Cat', text: 'A cat is an animal.' });
    expect(data.documents.get('d2')!.title).toBeUndefined();
    expect(data.documents.get('d3')).toEqual({ title: 'Only a title', text: '' });
    expect(data.judgements.train.size).toBe(0);
    expect(data.judgements.validation.get('q1')).toEqual(new Map([['d3', 1]]));
    expect(data.judgements.test.get('q2')).toEqual(
      new Map([
        ['d2', 1],
        ['d1', 0],
      ]),
    );
    expect(data.rejected.total).toBe(0);
  });

  it('reads tables without a header, and TREC judgements', async () => {
    const data = await readRetrieval(
      {
        queries: folder.write(
          'queries.tsv',
          '1048585\twhat is a domestic cat\n2\thow do dogs bark at night\n',
        ),
        documents: folder.write('docs.tsv', '7\tCats are domestic animals of some sort\n8\tDogs bark\n'),
        judgements: {
          test: folder.write('qrels.txt', '1048585 0 7 1\n\n2  Q0  8   2\r\n2 8 3\nnonsense\n2 0 99 1\n'),
        },
      },
      { maxRejectedShare: 0.5 },
    );
    expect(data.queries.get('1048585')).toBe('what is a domestic cat');
    expect(data.documents.get('8')!.text).toBe('Dogs bark');
    expect(data.judgements.test.get('1048585')!.get('7')).toBe(1);
    expect(data.judgements.test.get('2')!.get('8')).toBe(2);
    expect(data.rejected.first.map(({ row, reason }) => [row, reason])).toEqual([
      [4, 'repeated with another content'],
      [5, 'not a line of TREC judgements'],
      [6, 'no such document'],
    ]);
  });

  it('rejects rows without id or text, and repeated ids', async () => {
    const files = {
      queries: folder.write('q.jsonl', queries),
      documents: folder.write(
        'd.jsonl',
        `${corpus}{"_id":"d1","text":"again"}\n{"_id":"","text":"x"}\n{"_id":"d5"}\n`,
      ),
      judgements: { test: folder.write('q.csv', 'query-id,corpus-id,score\nq1,d1,1\nq1,d2,high\n') },
    };
    const error = await userError(readRetrieval(files));
    expect(error.message).toContain("too many rows can't be used: 4 of 10");
    expect(error.detail).toContain('relevance is not a number');
  });

  it('says what a folder should hold', async () => {
    const error = await userError(readRetrieval(folder.path));
    expect(error.hint).toContain('corpus.jsonl');
  });
});
