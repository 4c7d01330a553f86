import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { knowledgeTracing } from '../../src/methods/learners/knowledge-tracing.js';
import { testFolder, userError } from '../tasks/folder.js';
import { school } from '../tracing/support.js';

const folder = testFolder();
const { method, read } = knowledgeTracing;

/** Answers of simulated learners as a table. */
function table(learners: number): string {
  const { data } = school(learners);
  const rows = Array.from(data.response, (response, row) => {
    const learner = Math.floor(row / 50);
    const concept = data.concepts[data.conceptSets[data.conceptSet[row]!]![0]!];
    return `${data.learners[learner]},"${data.questions[data.question[row]!]}",${concept},${response},${1e12 + row}`;
  });
  return ['student,question,concept,correct,timestamp', ...rows].join('\n');
}

async function teach(path: string, out: string, settings: object, signal = new AbortController().signal) {
  const said: string[] = [];
  const params = method.params.parse({ folds: 2, epochs: 1, steps: 50, width: 8, ...settings });
  const context = { seed: 1, folder: folder.path, signal, say: (line: string) => void said.push(line) };
  folder.write(`${out}/.keep`, '');
  const { lines } = await method.run(await read(path), params, {
    ...context,
    folder: join(folder.path, out),
  });
  return { lines, said };
}

describe('knowledge tracing of own answers', () => {
  const path = folder.write('answers.csv', table(60));
  const at = (name: string) => readFileSync(join(folder.path, 'out', name), 'utf8');

  it('gives a model, mastery, what comes next, and a table beside baselines', async () => {
    const { lines } = await teach(path, 'out', { model: 'simplekt' });
    expect(lines[0]).toMatch(
      /^3000 answers of 60 learners \(SHA-256 [0-9a-f]{64}\), at the level of concepts$/,
    );
    expect(lines.filter((line) => /: AUC 0\.\d{4} ± 0\.\d{4}, .*, 2 folds$/.test(line)).length).toBe(6);
    expect(existsSync(join(folder.path, 'out', 'model', 'model.onnx'))).toBe(true);
    expect(JSON.parse(at('model/vocabulary.json')).concepts.length).toBe(5);
    expect(at('mastery.csv').split('\n').length).toBe(3002);
    const next = at('next.csv').trimEnd().split('\n').slice(1);
    expect(next.length).toBe(300);
    expect(next.filter((line) => line.endsWith(',1')).length).toBeLessThanOrEqual(60);
    expect(at('hardest.csv').split('\n')[0]).toBe('question,answers,right,low,high');
    const { folds, leaks, drift, hash } = JSON.parse(at('assessment.json'));
    expect(folds.length).toBe(12);
    expect(folds.at(-1).calibration.length).toBeGreaterThan(1);
    expect(leaks).toMatchObject({ severalConcepts: 0, together: 0, unseenQuestions: 0, warnings: [] });
    expect(drift.length).toBe(4);
    expect(lines[0]).toContain(hash);
  });

  it('goes on where it stopped, and refuses other data in the same folder', async () => {
    const { said } = await teach(path, 'out', { model: 'simplekt', mastery: 'xapi' });
    expect(said.filter((line) => line.startsWith('fold'))).toEqual([]);
    const statement = JSON.parse(at('mastery.xapi.jsonl').split('\n')[0]!);
    expect(statement.result.score.scaled).toBeGreaterThanOrEqual(0);
    const other = folder.write('other.csv', table(50));
    expect((await userError(teach(other, 'out', { model: 'simplekt' }))).message).toContain('other data');
  });

  it('says that there are too few answers', async () => {
    const few = folder.write('few.csv', 'user,item,correct\na,x,1\na,y,0\na,z,1\nb,x,1\nb,y,1\nb,z,1\n');
    expect((await userError(teach(few, 'few', {}))).message).toContain('too few answers to assess');
  });

  it('keeps what is done when it is stopped', async () => {
    const stop = new AbortController();
    stop.abort();
    const { lines } = await teach(path, 'stopped', { model: 'bkt' }, stop.signal);
    expect(lines).toContain('BKT: not run');
    expect(existsSync(join(folder.path, 'stopped', 'next.csv'))).toBe(false);
  });
});
