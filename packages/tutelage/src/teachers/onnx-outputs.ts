import type { Port, Tensor } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { labelPositions } from './label-mapping.js';
import { labelsBeside, type OnnxFile, readCompanion } from './onnx-file.js';

export type Pooling = 'mean' | 'cls';

export interface OutputOptions {
  /** Whether the model classifies or describes; told from the output's name and shape unless given. */
  readonly gives?: 'logits' | 'features';
  /** The output to use; the most usual name among the model's unless given. */
  readonly output?: string;
  /** How features of tokens become those of a text; what the files beside the model say unless given, else the mean. */
  readonly pooling?: Pooling;
  /** The task's labels: logits come in their order. */
  readonly labels?: readonly string[];
  /** The model's labels in the order of its outputs, where no file says so. */
  readonly modelLabels?: readonly string[];
}

/** What is read off a model's outputs. */
export interface OutputForm {
  readonly kind: 'logits' | 'features';
  /** What the logits are of, where it is known. */
  readonly labels: readonly string[] | undefined;
  /** All that decides about the rows. */
  readonly config: readonly (string | readonly number[])[];
  /** A row for each input. */
  rows(outputs: Readonly<Record<string, Tensor>>, mask: Tensor | undefined): Float32Array[];
}

const usual = [/logits/i, /prob/i, /sentence_?embedding/i, /embedding/i, /last_hidden_state/i, /pool/i];
const names = { logits: /logit|score|prob|class/i, features: /embed|feature|hidden|pool|token/i } as const;

/** @throws {UserError} when it is not clear what the model gives, or its labels are not those of the task */
export async function outputForm(file: OnnxFile, options: OutputOptions): Promise<OutputForm> {
  const port = chosenOutput(file.session.outputs, options.output);
  const own = options.modelLabels ?? (await labelsBeside(file));
  const kind = options.gives ?? kindOf(port, own);
  if (kind === 'features') {
    const pooling = options.pooling ?? (await statedPooling(file.folder));
    return {
      kind,
      labels: undefined,
      config: [port.name, pooling],
      rows: (outputs, mask) => pooled(matrixOf(outputs[port.name]!, [2, 3]), mask, pooling),
    };
  }
  const classes = port.shape?.at(-1);
  if (own && typeof classes === 'number' && classes !== own.length) {
    throw new UserError(`the teacher has ${classes} outputs and ${own.length} labels`, {
      hint: "give the model's labels in the order of its outputs",
    });
  }
  if (options.labels && !own) {
    throw new UserError("the teacher doesn't name its classes", {
      detail: `the task's labels: ${options.labels.join(', ')}`,
      hint: "give the model's labels in the order of its outputs, or a config.json with id2label beside it",
    });
  }
  const positions = options.labels && own && labelPositions(options.labels, own);
  const isProbability = producerOf(file, port.name) === 'Softmax';
  return {
    kind,
    labels: options.labels ?? own,
    config: [port.name, [...(positions ?? [])]],
    rows(outputs) {
      const { rows } = matrixOf(outputs[port.name]!, [2]);
      return rows.map((row) => {
        const logits = isProbability ? row.map(Math.log) : row;
        return positions ? Float32Array.from(positions, (at) => logits[at]!) : logits;
      });
    },
  };
}

function chosenOutput(outputs: readonly Port[], wanted: string | undefined): Port {
  const floats = outputs.filter(({ dtype }) => dtype === 'float32');
  const found =
    wanted === undefined
      ? (usual.flatMap((name) => floats.filter((port) => name.test(port.name)))[0] ?? floats[0])
      : floats.find(({ name }) => name === wanted);
  if (found) return found;
  throw new UserError(`no such output of float32 numbers: ${wanted ?? 'any'}`, {
    detail: `the model's outputs: ${outputs.map(({ name, dtype }) => `${name} (${dtype})`).join(', ')}`,
  });
}

function kindOf({ name, shape }: Port, labels: readonly string[] | undefined): 'logits' | 'features' {
  if (shape?.length === 3 || names.features.test(name)) return 'features';
  if (names.logits.test(name) || (labels && labels.length === shape?.at(-1))) return 'logits';
  throw new UserError(`can't tell whether the teacher classifies or describes: output '${name}'`, {
    hint: 'say whether it gives logits or features',
  });
}

async function statedPooling(folder: string): Promise<Pooling> {
  const stated = await readCompanion(folder, '1_Pooling/config.json');
  return stated?.pooling_mode_cls_token ? 'cls' : 'mean';
}

/** The operator that makes an output. */
function producerOf({ model }: OnnxFile, name: string): string | undefined {
  return model.graph.nodes.find(({ outputs }) => outputs.includes(name))?.opType;
}

interface Rows {
  readonly rows: readonly Float32Array[];
  /** Numbers of a token, or of the whole row. */
  readonly width: number;
}

function matrixOf({ data, shape }: Tensor, ranks: readonly number[]): Rows {
  if (!ranks.includes(shape.length)) {
    throw new UserError(`an output of the teacher has the shape [${shape.join(', ')}]`, {
      hint: `${ranks.join(' or ')} dimensions are needed; choose another output`,
    });
  }
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  const numbers = data as Float32Array;
  const rows = Array.from({ length: shape[0]! }, (_, i) => numbers.slice(i * size, (i + 1) * size));
  return { rows, width: shape.at(-1)! };
}

/** Features of a text from those of its tokens: their mean without padding, or those of the first. */
function pooled({ rows, width }: Rows, mask: Tensor | undefined, pooling: Pooling): Float32Array[] {
  return rows.map((row, n) => {
    const tokens = row.length / width;
    if (tokens === 1 || pooling === 'cls') return row.slice(0, width);
    const isToken = (t: number) => mask === undefined || Number(mask.data[n * tokens + t]) > 0;
    const sum = new Float64Array(width);
    let count = 0;
    for (let t = 0; t < tokens; t++) {
      if (!isToken(t)) continue;
      count++;
      for (let i = 0; i < width; i++) sum[i]! += row[t * width + i]!;
    }
    return Float32Array.from(sum, (x) => x / Math.max(1, count));
  });
}
