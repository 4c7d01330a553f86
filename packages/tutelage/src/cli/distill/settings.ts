import { z } from 'zod';

/** What a distillation is asked to do: the parameters of `tutelage distill`, and what its run remembers. */
export const distillSettings = z.object({
  data: z
    .string()
    .describe(
      'CSV, TSV, JSON, JSON lines or Parquet file of texts; folder of images, or of queries and documents; plain text',
    ),
  name: z
    .string()
    .min(1)
    .optional()
    .describe('what the data are called in the report; their file or folder if not given'),
  student: z
    .string()
    .optional()
    .describe(
      'preset or ONNX file of the student, or auto, which tries the classifiers; the smallest classifier if not given',
    ),
  timeBudget: z.number().positive().default(10).describe('minutes in which auto tries presets'),
  tuning: z
    .enum(['whole', 'head', 'lora'])
    .default('whole')
    .describe('what of an ONNX student is taught: all of it, a new head, or a head and adapters'),
  weights: z
    .string()
    .optional()
    .describe('folder of the pre-trained encoder of text-mini; downloaded if not given'),
  teacher: z
    .string()
    .default('none')
    .describe(
      'none, llm:MODEL, llm:PROVIDER/MODEL, local:FILE, onnx:FILE, or student: with a preset to teach first or the folder of a student',
    ),
  teacherEpochs: z
    .int()
    .positive()
    .optional()
    .describe('passes over the data for a teacher that is taught first'),
  teacherPixels: z
    .enum(['imagenet', 'symmetric', 'unit'])
    .optional()
    .describe(
      "how onnx: wants pixels: ImageNet's statistics, -1..1 or 0..1; what preprocessor_config.json says if not given",
    ),
  baseUrl: z
    .string()
    .optional()
    .describe('address of the OpenAI-compatible endpoint of llm:, such as https://api.openai.com/v1'),
  apiKeyEnv: z.string().optional().describe('name of the environment variable with its key'),
  maxCost: z.number().min(0).optional().describe('dollars that all runs in the folder may spend together'),
  concurrency: z.int().positive().optional().describe('calls to the endpoint at a time (default: 8)'),
  instructions: z.string().optional().describe('what a language model is told about the labels'),
  fewShot: z
    .int()
    .min(0)
    .default(0)
    .describe('labelled examples of each label that a language model is shown'),
  samples: z
    .int()
    .positive()
    .default(1)
    .describe('answers of a language model for each text; their shares are soft labels'),
  logprobs: z.boolean().default(false).describe('soft labels from log-probabilities; at most 20 labels'),
  yes: z.boolean().default(false).describe('do not ask before a teacher that costs something'),
  labels: z
    .string()
    .optional()
    .describe('file of the labels, one a line: the teacher labels texts that have none'),
  text: z.string().optional().describe('column of the texts; guessed if not given'),
  query: z
    .string()
    .optional()
    .describe('column of the queries, of pairs for a retriever; guessed if not given'),
  document: z.string().optional().describe('column of the documents that answer them; guessed if not given'),
  label: z.string().optional().describe('column of the labels; guessed if not given'),
  split: z.string().optional().describe('column that says train, validation or test'),
  validation: z.string().optional().describe('file of validation data; otherwise held out'),
  test: z.string().optional().describe('file of test data; otherwise held out'),
  imageSize: z
    .int()
    .min(8)
    .max(512)
    .optional()
    .describe('height and width that images are brought to; 32, or that of IDX files'),
  limit: z.int().positive().optional().describe('use at most this many training examples'),
  epochs: z
    .int()
    .positive()
    .optional()
    .describe("passes over the data; the preset's own number if not given"),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe('of splits, initial values and order; same seed, same student'),
  temperature: z
    .number()
    .positive()
    .optional()
    .describe("softens the teacher's answers; 2, or 1 for language models if not given"),
  distillWeight: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .describe('share of the teacher in the loss of examples that also have a label'),
  alone: z
    .boolean()
    .default(true)
    .describe('do not teach the same student without the teacher, for comparison'),
  licence: z.string().optional().describe('licence of the student, for its model card'),
  out: z.string().default('runs').describe('folder of the runs'),
  threads: z.int().positive().optional().describe('threads for the computation; all cores if not given'),
  checkpointSeconds: z.number().positive().default(30).describe('seconds between checkpoints'),
  quick: z.boolean().default(false).describe('a first look: a third of the epochs, 2000 examples at most'),
  json: z.boolean().default(false).describe('print the result as JSON'),
});

export type DistillSettings = z.infer<typeof distillSettings>;

/** Passes over the data that are wished for, of a student whose own number is given. */
export function passes(own: number, { epochs, quick }: Pick<DistillSettings, 'epochs' | 'quick'>): number {
  const wished = epochs ?? own;
  return quick ? Math.ceil(wished / 3) : wished;
}
