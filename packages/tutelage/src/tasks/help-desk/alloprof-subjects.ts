/** Subjects of Alloprof by the names that they have in French and English. */
const names: Readonly<Record<string, readonly string[]>> = {
  chemistry: ['chimie', 'chemistry'],
  contemporary_world: ['monde contemporain', 'contemporary world'],
  english: ['anglais', 'english'],
  financial_ed: ['éducation financière', 'financial education'],
  french: ['français', 'french'],
  geography: ['géographie', 'geography'],
  history: ['histoire', 'history'],
  math: ['mathématiques', 'mathematics'],
  physics: ['physique', 'physics'],
  science: ['sciences'],
};

/** The subject that a name stands for; `other` for names that are not known. */
export function subjectNamed(name: string): string {
  const plain = name.trim().toLowerCase();
  return (
    Object.keys(names).find((subject) => subject === plain || names[subject]!.includes(plain)) ?? 'other'
  );
}

/** Which subjects' questions a subject's pages may answer as well (Alloprof's table of related subjects). */
export const alloprofRelations: Readonly<Record<string, readonly string[]>> = {
  chemistry: ['other', 'science', 'physics'],
  contemporary_world: ['other', 'history'],
  english: ['other'],
  financial_ed: ['other'],
  french: ['other'],
  geography: ['other'],
  history: ['other', 'contemporary_world'],
  math: ['other', 'physics'],
  other: Object.keys(names),
  physics: ['other', 'science', 'math', 'chemistry'],
  science: ['other', 'chemistry', 'physics'],
};
