import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { createEndpoint } from './endpoint/client.js';
import { endpointResponder } from './endpoint/responder.js';
import { openLocalModel } from './local-llm.js';
import { localResponder } from './local-responder.js';
import { rememberedResponder } from './remembered-responder.js';
import type { Responder } from './responder.js';

export interface ResponderOptions {
  /** Where answers are kept, so that none is asked for twice. */
  readonly folder: string;
  /** Name of the environment variable that holds an endpoint's key. */
  readonly keyEnv?: string | undefined;
  /** Most US dollars that an endpoint may ever cost. */
  readonly maxCost?: number | undefined;
  readonly say: (message: string) => void;
}

/** Parameters of methods that ask language models behind endpoints. */
export const endpointParams = {
  keyEnv: z.string().optional().describe("environment variable with an endpoint's key"),
  maxCost: z.number().positive().optional().describe('most US dollars to spend at an endpoint'),
};

/** How language models are named. */
export const responderForms =
  'local:FILE for a model on this machine (a GGUF file, or a folder of Hugging Face), or llm:MODEL@URL for one behind an OpenAI-compatible endpoint';

/**
 * Opens a language model by its name.
 *
 * @throws {UserError} for a name that is none of the forms, a model that can't be opened, or a cost that can't be capped
 */
export async function openResponder(
  name: string,
  { folder, keyEnv, maxCost, say }: ResponderOptions,
): Promise<Responder> {
  const [, form, rest] = /^(local|llm):(.+)$/s.exec(name.trim()) ?? [];
  if (form === 'local' && rest !== undefined) {
    const model = await openLocalModel(rest, { threads: 1 });
    const { size, mtimeMs } = await stat(rest);
    const fingerprint = `${rest} ${size} ${Math.round(mtimeMs)}`;
    return rememberedResponder(
      localResponder(model, basename(rest)),
      join(folder, 'answers.jsonl'),
      fingerprint,
    );
  }
  const [, model, baseURL] = /^(.+)@(https?:.+)$/s.exec(rest ?? '') ?? [];
  if (model === undefined || baseURL === undefined) {
    throw new UserError(`not a language model: ${name.trim() || '(empty)'}`, { hint: responderForms });
  }
  const endpoint = await createEndpoint({
    directory: join(folder, 'journal', model.replaceAll(/[^\w.-]+/g, '_')),
    model,
    baseURL,
    ...(keyEnv !== undefined && { apiKeyEnv: keyEnv }),
    ...(maxCost !== undefined && { cap: maxCost }),
  });
  return endpointResponder(endpoint, say);
}
