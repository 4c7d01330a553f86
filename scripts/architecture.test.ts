import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Packages from the lowest up, by folder and published name: each may import those before it. */
const packages = [
  ['engine', '@tutelage/engine'],
  ['tutelage', 'tutelage'],
  ['studio', '@tutelage/studio'],
] as const;

/**
 * Rooms of each package from the lowest up. Rooms on one line know nothing of each other. Files beside the rooms stand above them.
 */
const rooms: Record<string, readonly (readonly string[])[]> = {
  engine: [
    ['graph', 'kernels'],
    ['onnx', 'random', 'optim'],
    ['weights'],
    ['ops'],
    ['autodiff', 'runtime'],
    ['compile'],
    ['nn', 'losses'],
    ['train', 'import', 'export'],
  ],
  tutelage: [
    ['core'],
    ['models', 'runs'],
    ['language'],
    ['tasks'],
    ['objectives', 'search'],
    ['curricula', 'assessment'],
    ['students', 'tracing'],
    ['teachers'],
    ['claims'],
    ['experiments', 'own-data'],
    ['methods'],
    ['report'],
    ['papers'],
    ['serve'],
    ['cli'],
  ],
  studio: [
    ['api'],
    ['problems'],
    ['store', 'workspace'],
    ['papers', 'runs'],
    ['jobs'],
    ['methods', 'students', 'digests'],
    ['server'],
  ],
};

interface Import {
  readonly file: string;
  readonly from: string;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  // Template strings hold the code of examples, which stands outside of the packages.
  return [...text.replace(/`[^`]*`/gs, '').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((m) => ({
    file,
    from: m[1]!,
  }));
}

const sources = packages
  .map(([folder]) => join(root, 'packages', folder, 'src'))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder, { withFileTypes: true, recursive: true }))
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name));
const imports = sources.flatMap(importsOf);

const packageOf = (file: string) => relative(join(root, 'packages'), file).split(sep)[0]!;
const roomOf = (file: string) => {
  const parts = relative(join(root, 'packages', packageOf(file), 'src'), file).split(sep);
  return parts.length > 1 ? parts[0] : undefined;
};
const show = ({ file, from }: Import) => `${relative(root, file)} imports ${from}`;

test('packages import those below them only', () => {
  const wrong = imports.filter(({ file, from }) => {
    const target = packages.findIndex(([, name]) => from === name || from.startsWith(`${name}/`));
    return target >= packages.findIndex(([folder]) => folder === packageOf(file));
  });
  expect(wrong.map(show)).toEqual([]);
});

test('every room has its place', () => {
  const unknown = sources.filter((file) => {
    const room = roomOf(file);
    return room !== undefined && rooms[packageOf(file)] && !rooms[packageOf(file)]!.flat().includes(room);
  });
  expect([...new Set(unknown.map((file) => `${packageOf(file)}/${roomOf(file)}`))]).toEqual([]);
});

test('rooms import those below them only', () => {
  const wrong = imports.filter(({ file, from }) => {
    const order = rooms[packageOf(file)];
    const own = roomOf(file);
    if (!order || own === undefined || !from.startsWith('.')) return false;
    const other = roomOf(resolve(dirname(file), from));
    const level = (room: string | undefined) => order.findIndex((line) => line.includes(room ?? ''));
    return other !== own && (other === undefined || level(other) >= level(own));
  });
  expect(wrong.map(show)).toEqual([]);
});

test('a method imports no other method', () => {
  const wrong = imports.filter(({ file, from }) => {
    if (packageOf(file) !== 'tutelage' || roomOf(file) !== 'methods' || !from.startsWith('.')) return false;
    return roomOf(resolve(dirname(file), from)) === 'methods' && !file.endsWith(`${sep}index.ts`);
  });
  expect(wrong.map(show)).toEqual([]);
});
