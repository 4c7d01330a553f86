import { z } from 'zod';
import { defineCommand } from '../command.js';

const params = z.object({
  run: z
    .string()
    .describe(
      'folder of the run, or of its student; for transformers.js also a LLaMA model, as a folder or GGUF file',
    ),
  file: z.string().describe('file to write; a folder for transformers.js'),
  format: z
    .enum(['onnx', 'int8', 'float16', 'safetensors', 'transformers.js'])
    .default('onnx')
    .describe(
      'ONNX with weights in float32, int8 or float16, the weights alone, or a causal language model for transformers.js',
    ),
});

export type ExportParameters = z.infer<typeof params>;

export const command = defineCommand({
  name: 'export',
  summary: "Writes a run's student as one file, or a causal language model for transformers.js.",
  params,
  positional: ['run', 'file'],
  run: async (params, io) => (await import('../actions/export.js')).exportStudent(params, io),
});
