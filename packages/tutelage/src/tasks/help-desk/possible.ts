import type { HelpPage } from './help-desk.js';

type Audience = Pick<HelpPage, 'subjects' | 'grades' | 'language'>;

/** Of a document, for whom it is; a page's audience can be widened, that of an earlier question can't. */
export interface Aimed extends Audience {
  readonly isPage: boolean;
}

/** How far pages reach beyond what is said of them. */
export interface Widening {
  /** Subjects whose questions a subject's pages may answer as well. */
  readonly relations: Readonly<Record<string, readonly string[]>>;
  /** Grades below the least and above the greatest that a page is for. */
  readonly gradesBelow: number;
  readonly gradesAbove: number;
}

const [firstGrade, lastGrade] = [1, 12];

/**
 * Which documents may answer a question by subject, grade and language (Lefebvre-Brossard et al. 2023). What is not said of the question
 * or of a document restricts nothing.
 *
 * @returns a function from an audience to places of documents
 */
export function possibleDocuments(
  documents: readonly Aimed[],
  widening: Widening,
): (asker: Audience) => readonly number[] {
  const widened = documents.map((document) => (document.isPage ? widenedBy(document, widening) : document));
  const known = new Map<string, readonly number[]>();
  return ({ subjects, grades, language }) => {
    const key = JSON.stringify([subjects, grades, language]);
    const found =
      known.get(key) ??
      widened.flatMap((own, place) =>
        meets(subjects, own.subjects) &&
        meets(grades, own.grades) &&
        (language === undefined || own.language === undefined || language === own.language)
          ? [place]
          : [],
      );
    known.set(key, found);
    return found;
  };
}

function widenedBy(document: Aimed, { relations, gradesBelow, gradesAbove }: Widening): Aimed {
  const { subjects, grades } = document;
  const [least, greatest] = [Math.min(...grades), Math.max(...grades)];
  const below = Array.from({ length: gradesBelow }, (_, i) => least - 1 - i);
  const above = Array.from({ length: gradesAbove }, (_, i) => greatest + 1 + i);
  const isGrade = (grade: number) => grade >= firstGrade && grade <= lastGrade;
  return {
    ...document,
    subjects: [...subjects, ...subjects.flatMap((subject) => relations[subject] ?? [])],
    grades: grades.length === 0 ? [] : [...grades, ...[...below, ...above].filter(isGrade)],
  };
}

function meets<T>(asked: readonly T[], offered: readonly T[]): boolean {
  return asked.length === 0 || offered.length === 0 || asked.some((one) => offered.includes(one));
}
