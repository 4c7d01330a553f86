/** A page of the app. */
export type Route =
  | { readonly page: 'papers' | 'runs' | 'compare' | 'students' | 'teach' | 'digests' | 'absent' }
  | { readonly page: 'paper' | 'run' | 'job' | 'student' | 'taught'; readonly id: string };

const lists = {
  '': 'papers',
  papers: 'papers',
  runs: 'runs',
  compare: 'compare',
  students: 'students',
  taught: 'students',
  teach: 'teach',
  digests: 'digests',
} as const;
const single = {
  papers: 'paper',
  runs: 'run',
  jobs: 'job',
  students: 'student',
  taught: 'taught',
} as const;

/** The page at a path, such as `/papers/2405.04434`. */
export function routeOf(path: string): Route {
  const [folder = '', id, ...more] = path.replace(/^\/|\/$/g, '').split('/');
  if (more.length > 0) return { page: 'absent' };
  if (id === undefined) return { page: isKeyOf(lists, folder) ? lists[folder] : 'absent' };
  const decoded = decodedText(id);
  return isKeyOf(single, folder) && decoded !== undefined
    ? { page: single[folder], id: decoded }
    : { page: 'absent' };
}

function isKeyOf<T extends object>(object: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(object, key);
}

function decodedText(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The path of one thing's page, or of its answers in the API: `pathOf('papers', id)`. */
export function pathOf(folder: 'papers' | 'runs' | 'jobs' | 'students' | 'taught', id: string): string {
  return `/${folder}/${encodeURIComponent(id)}`;
}

/** A search string with some parameters set, and those that are empty taken out: `?q=x`, or nothing. */
export function withParameters(
  search: string,
  changed: Readonly<Record<string, string | undefined>>,
): string {
  const parameters = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changed)) {
    if (value === undefined || value === '') parameters.delete(name);
    else parameters.set(name, value);
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
