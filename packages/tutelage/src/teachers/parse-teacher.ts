import { UserError } from '../core/errors.js';

/** Who teaches, as the command line names it. */
export type TeacherChoice =
  | {
      readonly kind: 'llm';
      readonly model: string;
      readonly baseURL: string | undefined;
      readonly apiKeyEnv: string | undefined;
    }
  | { readonly kind: 'local'; readonly model: string }
  | { readonly kind: 'onnx'; readonly path: string }
  | { readonly kind: 'student'; readonly path: string }
  | { readonly kind: 'none' };

/** Flags that belong to `--teacher llm:`. */
export interface EndpointFlags {
  readonly baseURL?: string | undefined;
  readonly apiKeyEnv?: string | undefined;
}

export const teacherForms = [
  'llm:MODEL      a language model behind an OpenAI-compatible endpoint (--base-url, --api-key-env, or OPENAI_API_KEY)',
  'llm:PROVIDER/MODEL  one of a provider of the AI SDK, such as llm:anthropic/MODEL with @ai-sdk/anthropic installed',
  'local:MODEL    a language model on this machine: its file or folder, or smollm2-135m-instruct, which is downloaded',
  'onnx:FILE      a classifier or encoder in an ONNX file',
  'student:PATH   a student that was taught before: its run or its folder',
  'none           no teacher, only labels',
] as const;

/**
 * Reads the value of `--teacher`.
 *
 * @throws {UserError} listing the forms that there are
 */
export function parseTeacher(text: string, flags: EndpointFlags = {}): TeacherChoice {
  const choice = choiceOf(text.trim(), flags);
  const given = [
    ...(flags.baseURL === undefined ? [] : ['--base-url']),
    ...(flags.apiKeyEnv === undefined ? [] : ['--api-key-env']),
  ];
  if (choice.kind === 'llm' || given.length === 0) return choice;
  throw new UserError(`${given.join(' and ')} without an endpoint: --teacher ${text}`, {
    hint: 'they belong to --teacher llm:MODEL',
  });
}

function choiceOf(text: string, { baseURL, apiKeyEnv }: EndpointFlags): TeacherChoice {
  if (text === 'none') return { kind: 'none' };
  const colon = text.indexOf(':');
  const form = text.slice(0, Math.max(0, colon));
  const rest = text.slice(colon + 1).trim();
  if (rest !== '') {
    if (form === 'llm') return { kind: form, model: rest, baseURL, apiKeyEnv };
    if (form === 'local') return { kind: form, model: rest };
    if (form === 'onnx' || form === 'student') return { kind: form, path: rest };
  }
  throw new UserError(`not a teacher: ${text === '' ? '(empty)' : text}`, {
    detail: `the forms are:\n${teacherForms.map((line) => `  ${line}`).join('\n')}`,
    hint: suggestion(text, form),
  });
}

function suggestion(text: string, form: string): string | undefined {
  if (/^(llm|local|onnx|student)$/.test(form)) return `say what after ${form}:`;
  if (/\.onnx$/i.test(text)) return `perhaps onnx:${text}`;
  return undefined;
}
