import { z } from 'zod';
import { figureSchema, timeSchema, workspacePathSchema } from './common.js';

/** A student that was taught and shipped. */
export const studentSchema = z.object({
  id: z.string(),
  /** Where it comes from: a run, or what a paper's method wrote. */
  origin: z.object({ kind: z.enum(['runs', 'taught']), id: z.string() }),
  /** Its folder in the workspace. */
  folder: workspacePathSchema,
  name: z.string(),
  kind: z.enum(['classifier', 'retriever', 'language-model']),
  input: z.enum(['text', 'image']),
  preset: z.string(),
  /** Of a classifier: its classes, in the order of the logits. */
  labels: z.array(z.string()),
  /** Of a retriever of queries alone: the student that embeds the passages, and the other way round. */
  partner: z.object({ side: z.enum(['query', 'passage']), id: z.string() }).exactOptional(),
  created: timeSchema,
  /** Of its model. */
  bytes: z.int(),
  /** From its assessment on the test data. */
  metrics: z.array(figureSchema),
  /** At `/api/students/:id/files/:name`; what runs in a page reads `student.json` first. */
  files: z.array(z.object({ name: z.string(), bytes: z.int() })),
});
export type ShownStudent = z.infer<typeof studentSchema>;

/** `GET /api/students`, the latest first */
export const studentsSchema = z.object({ students: z.array(studentSchema) });
export type ShownStudents = z.infer<typeof studentsSchema>;
