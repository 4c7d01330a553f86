import { z } from 'zod';
import { timeSchema, workspacePathSchema } from './common.js';

/** A file of the user's, or a folder of pictures. */
export const uploadSchema = z.object({
  path: workspacePathSchema,
  kind: z.enum(['file', 'folder']),
  bytes: z.int(),
  /** Of a folder: how many files are in it. */
  files: z.int().exactOptional(),
  modified: timeSchema,
});
export type Upload = z.infer<typeof uploadSchema>;

/** `GET /api/files`: tables beside the runs, and uploads: what `data` of a job can be. */
export const filesSchema = z.object({ files: z.array(uploadSchema) });
export type Files = z.infer<typeof filesSchema>;

/** `GET /api/uploads` */
export const uploadsSchema = z.object({ uploads: z.array(uploadSchema), maxBytes: z.int() });
export type Uploads = z.infer<typeof uploadsSchema>;

/** `PUT /api/uploads/NAME` or `/api/uploads/FOLDER/LABEL/NAME`: the bytes are the body, of type application/octet-stream. */
export const uploadedSchema = z.object({ path: workspacePathSchema, bytes: z.int() });
export type Uploaded = z.infer<typeof uploadedSchema>;
