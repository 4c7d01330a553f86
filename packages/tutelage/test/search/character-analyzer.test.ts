import { describe, expect, test } from 'vitest';
import { analyzer } from '../../src/search/analyzer.js';
import { bm25 } from '../../src/search/bm25.js';
import { characterAnalyzer } from '../../src/search/character-analyzer.js';

test('n-grams stay within words and mark their ends', () => {
  expect(characterAnalyzer('Où ça')).toEqual(['<où', 'où>', '<où>', '<ça', 'ça>', '<ça>']);
  expect(characterAnalyzer('chat')).toEqual([
    ...['<ch', 'cha', 'hat', 'at>'],
    ...['<cha', 'chat', 'hat>'],
    ...['<chat', 'chat>'],
  ]);
  expect(characterAnalyzer(' , ')).toEqual([]);
});

describe('French', () => {
  test('keeps accents, and takes what is elided for a word of its own', () => {
    expect(analyzer()("L'élève dit qu'il n’a pas compris l'énoncé.")).toEqual(
      'l élève dit qu il n a pas compris l énoncé'.split(' '),
    );
  });

  const lines = [
    ['comment accorder le participe passé avec avoir', 'coment acordé le participe passer avec avoire'],
    ["qu'est-ce qu'un complément du nom", 'cest quoi un complémen du nom'],
    ["l'aire d'un triangle rectangle", "l'aire dun triangl rectangel"],
    ["la formule de l'énergie cinétique", 'la formul de lénergie cinétik'],
    ["les causes de la conquête de l'Amérique", 'les cause de la conqête de lamérique'],
    [
      'additionner des fractions à dénominateurs différents',
      'adittionner des fraction a denominateur diferent',
    ],
    ["le cycle de l'eau dans l'atmosphère", 'le cicle de leau dans latmosphère'],
    ['conjuguer le verbe finir au subjonctif', 'conjugé le verbe finire au subjontif'],
    ['les provinces et les territoires du Canada', 'les provinse et teritoire du canada'],
    ['équilibrer une équation chimique', 'équilibré une équassion chimik'],
  ] as const;

  test('finds each of ten lines by its misspelt form', () => {
    const search = bm25(
      lines.map(([right]) => right),
      { analyzer: characterAnalyzer },
    );
    expect(lines.map(([, misspelt]) => search.search(misspelt, 1).rows[0])).toEqual(lines.map((_, i) => i));
  });
});
