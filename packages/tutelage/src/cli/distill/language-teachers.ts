import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../core/errors.js';
import { given } from '../../core/given.js';
import type { ChooseLabels } from '../../language/choose-labels.js';
import { createEndpoint, type EndpointOptions } from '../../language/endpoint/client.js';
import { type Estimate, formatEstimate } from '../../language/endpoint/estimate.js';
import type { LabellingTask } from '../../language/endpoint/labelling.js';
import { openProviderModel, parseProviderName, usualKeyVariable } from '../../language/endpoint/providers.js';
import { openLocalModel } from '../../language/local-llm.js';
import { whenFree } from '../../runs/when-free.js';
import { fetchPublicModel, PUBLIC_MODELS } from '../../tasks/public-models.js';
import { llmTeacher, localLlmTeacher } from '../../teachers/llm-teacher.js';
import type { TeacherChoice } from '../../teachers/parse-teacher.js';
import { threadsOf } from '../student-in.js';
import type { DataOf } from './data.js';
import { notLabelledFile } from './files.js';
import type { DistillSettings } from './settings.js';
import { sizeOf } from './sizes.js';
import type { OpenTeacher, TeacherContext } from './teacher.js';

/** A language model behind an endpoint. Its journal is shared by all runs of a folder: what was asked once costs nothing. */
export async function openEndpointTeacher(
  data: DataOf<'text'>,
  choice: Extract<TeacherChoice, { kind: 'llm' }>,
  settings: DistillSettings,
  context: TeacherContext,
): Promise<OpenTeacher<string>> {
  const { run, io } = context;
  const { maxCost, concurrency, samples, logprobs } = settings;
  const options = {
    directory: join(run.path, '..', 'endpoint-journal'),
    ...(await addressOf(choice)),
    ...(maxCost !== undefined && { cap: maxCost }),
    ...(concurrency !== undefined && { limits: { concurrency } }),
  };
  const endpoint = await whenFree(() => createEndpoint(options), context);
  try {
    const teacher = llmTeacher(
      endpoint,
      { ...taskOf(data, settings), samples, logprobs },
      { rejectedPath: notLabelledFile(run) },
    );
    return {
      title: choice.model,
      teacher,
      costs: {},
      bill: teacher.bill,
      confirm: (texts) => confirmed(teacher.estimate(texts), settings, io),
      dispose: () => endpoint.close(),
    };
  } catch (error) {
    await endpoint.close();
    throw error;
  }
}

/**
 * Where a model is: at the address that is given, at a provider of the AI SDK that its name begins with, or where OpenAI's own
 * variables say.
 */
async function addressOf({
  model,
  baseURL,
  apiKeyEnv,
}: Extract<TeacherChoice, { kind: 'llm' }>): Promise<
  Pick<EndpointOptions, 'model' | 'baseURL' | 'apiKeyEnv'>
> {
  const keyOr = (usual: string) => apiKeyEnv ?? (process.env[usual] ? usual : undefined);
  if (baseURL !== undefined) return { model, baseURL, ...given({ apiKeyEnv }) };
  const named = parseProviderName(model);
  const key = keyOr(named ? usualKeyVariable(named) : 'OPENAI_API_KEY');
  const keyed = key === undefined ? {} : { apiKeyEnv: key };
  if (named) {
    return { model: await openProviderModel(named, apiKeyEnv && process.env[apiKeyEnv]), ...keyed };
  }
  const { OPENAI_BASE_URL: own } = process.env;
  if (own || key === 'OPENAI_API_KEY')
    return { model, baseURL: own || 'https://api.openai.com/v1', ...keyed };
  throw new UserError(`no address for the model: ${model}`, {
    hint: 'give that of its endpoint by --base-url, set OPENAI_API_KEY, or name a provider: llm:anthropic/MODEL',
  });
}

/** US dollars that may be spent without asking. */
const unasked = 0.05;

async function confirmed(
  estimate: Estimate,
  { yes }: DistillSettings,
  io: TeacherContext['io'],
): Promise<void> {
  io.say(formatEstimate(estimate));
  const isCheap = estimate.calls === 0 || (estimate.dollars && estimate.dollars.most <= unasked);
  if (isCheap || yes) return;
  const answer = await io.confirm('ask the teacher?');
  if (answer) return;
  throw new UserError(
    answer === undefined ? 'the teacher costs something: nobody is here to confirm' : 'not confirmed',
    {
      hint: 'say --yes to go on, and --max-cost for a limit in dollars',
    },
  );
}

function taskOf(
  { labels, splits, isLabelled }: DataOf<'text'>,
  { instructions, fewShot, seed }: DistillSettings,
): Pick<LabellingTask, 'labels' | 'instructions' | 'fewShot'> {
  const { inputs, classes } = splits.train;
  return {
    labels,
    instructions: instructions ?? 'Give each text the label that fits it best.',
    ...(fewShot > 0 &&
      isLabelled && {
        fewShot: {
          data: inputs.map((text, i) => ({ text, label: labels[classes[i]!]! })),
          perLabel: fewShot,
          seed,
        },
      }),
  };
}

/** A language model that runs in this process: from a file or folder, or a public one by its name, downloaded when first used. */
export async function openLocalTeacher(
  data: DataOf<'text'>,
  name: string,
  settings: DistillSettings,
  { run, progress }: TeacherContext,
): Promise<OpenTeacher<string>> {
  const path = await modelPath(name, progress);
  const model = await openLocalModel(path, threadsOf(settings));
  const choose: ChooseLabels = {
    fingerprint: await digestOf(path),
    async choose(text, labels, instructions, examples) {
      const list = labels.map((label) => `- ${label}`).join('\n');
      const logs = await model.choose(
        [
          {
            role: 'system',
            content: `${instructions.trim()} Answer with the label alone.\n\nThe labels:\n${list}`,
          },
          ...examples.flatMap((example) => [
            { role: 'user' as const, content: example.text },
            { role: 'assistant' as const, content: example.label },
          ]),
          { role: 'user', content: text },
        ],
        labels,
      );
      const top = Math.max(...logs);
      const weights = Float32Array.from(logs, (log) => Math.exp(log - top));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return weights.map((weight) => weight / total);
    },
  };
  const teacher = localLlmTeacher(choose, taskOf(data, settings), {
    rejectedPath: notLabelledFile(run),
  });
  return { title: name, teacher, costs: { bytes: sizeOf(path) }, dispose: () => model.release() };
}

async function modelPath(name: string, progress: TeacherContext['progress']): Promise<string> {
  if (existsSync(name)) return name;
  if (Object.hasOwn(PUBLIC_MODELS, name)) {
    progress.say(`fetching ${name}, unless it is here already`);
    return fetchPublicModel(name);
  }
  throw new UserError(`no such file or folder: ${name}`, {
    hint: `give one, or a public model by its name: ${Object.keys(PUBLIC_MODELS).join(', ')}`,
  });
}

/** SHA-256 of a file, or of all files of a folder in the order of their names. */
async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256').update('labels in chat 1');
  const names = statSync(path).isDirectory() ? readdirSync(path).sort() : [''];
  const files = names.map((name) => join(path, name)).filter((file) => statSync(file).isFile());
  for (const file of files) await pipeline(createReadStream(file), hash, { end: false });
  return hash.digest('hex');
}
