import { z } from 'zod';
import { defineCommand } from '../command.js';

const params = z.object({
  run: z.string().describe('folder of the run, or of its student'),
  file: z.string().describe('file to write'),
  format: z
    .enum(['onnx', 'int8', 'float16', 'safetensors'])
    .default('onnx')
    .describe('ONNX with weights in float32, int8 or float16, or the weights alone'),
});

export type ExportParameters = z.infer<typeof params>;

export const command = defineCommand({
  name: 'export',
  summary: "Writes a run's student as one file.",
  params,
  positional: ['run', 'file'],
  run: async (params, io) => (await import('../actions/export.js')).exportStudent(params, io),
});
