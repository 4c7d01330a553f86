import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../core/errors.js';
import type { ProviderModel } from './transport.js';

/** A provider of the AI SDK and the name it has for a model, written as `anthropic/claude-x`. */
export interface ProviderName {
  readonly provider: string;
  readonly model: string;
}

/** Reads `provider/model`, or gives undefined for what names no provider. */
export function parseProviderName(name: string): ProviderName | undefined {
  const [, provider, model] = /^([a-z][a-z0-9-]*)\/(.+)$/.exec(name) ?? [];
  return provider !== undefined && model !== undefined ? { provider, model } : undefined;
}

/** The environment variable in which a provider's key is by convention. */
export function usualKeyVariable({ provider }: ProviderName): string {
  return `${provider.toUpperCase().replaceAll('-', '_')}_API_KEY`;
}

/**
 * A model of a provider whose package the user has installed: in the folder that the command is run in, or beside this package.
 *
 * @param key in place of the one that the provider finds in the environment itself
 * @throws {UserError} saying what to install
 */
export async function openProviderModel(
  { provider, model }: ProviderName,
  key: string | undefined,
): Promise<ProviderModel> {
  const name = `@ai-sdk/${provider}`;
  const exported = await importInstalled(name);
  const made = key === undefined ? find(exported, isProvider) : find(exported, isFactory)?.({ apiKey: key });
  if (!isProvider(made)) {
    throw new UserError(`no language models in ${name}`, {
      hint: 'give the address of its endpoint by --base-url instead',
    });
  }
  const opened = made.languageModel(model);
  if (isModel(opened)) return opened;
  throw new UserError(`${name} is made for another version of the AI SDK`, {
    hint: `install one for AI SDK 6, which depends on @ai-sdk/provider 3, such as: npm install ${name}@3`,
  });
}

interface Provider {
  languageModel(model: string): unknown;
}

/** The default of a package is a function that makes models and has members besides. */
function isProvider(value: unknown): value is Provider {
  const isHolder = typeof value === 'function' || (typeof value === 'object' && value !== null);
  return isHolder && 'languageModel' in value && typeof value.languageModel === 'function';
}

function isFactory(
  value: unknown,
  name: string,
): value is (settings: { readonly apiKey: string }) => unknown {
  return typeof value === 'function' && /^create[A-Z]/.test(name);
}

function isModel(value: unknown): value is ProviderModel {
  return (
    typeof value === 'object' &&
    value !== null &&
    'specificationVersion' in value &&
    value.specificationVersion === 'v3'
  );
}

function find<T>(
  exported: Readonly<Record<string, unknown>>,
  isWanted: (value: unknown, name: string) => value is T,
): T | undefined {
  for (const [name, value] of Object.entries(exported)) if (isWanted(value, name)) return value;
  return undefined;
}

async function importInstalled(name: string): Promise<Readonly<Record<string, unknown>>> {
  for (const from of [pathToFileURL(join(process.cwd(), 'package.json')), import.meta.url]) {
    const path = resolvedFrom(from, name);
    if (path !== undefined) return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  }
  throw new UserError(`the provider's package is not installed: ${name}`, {
    hint: `npm install ${name} (a version made for AI SDK 6), or give an OpenAI-compatible address by --base-url`,
  });
}

function resolvedFrom(from: string | URL, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}
