import { UserError } from '../../core/errors.js';
import type { StudioParameters } from '../commands/studio.js';
import type { Console } from '../console.js';
import { openBrowser } from '../open-browser.js';
import { stopSignal } from '../stop-signal.js';

/** What the studio's package offers. The package stands above this one, so that it is known by its name alone. */
interface StudioPackage {
  serveStudio(options: Omit<StudioParameters, 'open'> & { readonly token?: string | undefined }): Promise<{
    readonly address: string;
    close(): Promise<void>;
  }>;
}

const packageName = '@tutelage/studio';

/** `tutelage studio`: returns when it is told to stop. */
export async function openStudio({ open, ...params }: StudioParameters, io: Console): Promise<void> {
  const { serveStudio } = await studioPackage();
  const token = process.env.TUTELAGE_STUDIO_TOKEN;
  const studio = await serveStudio({ ...params, ...(token && { token }) });
  const stopped = stopSignal();
  io.print(studio.address);
  io.say('the studio is open; Ctrl-C ends it, and jobs go on');
  if (open && process.stdout.isTTY) openBrowser(studio.address);
  await stopped;
  await studio.close();
}

async function studioPackage(): Promise<StudioPackage> {
  try {
    return await import(`${packageName}/serve`);
  } catch (cause) {
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    if (!isAbsent || !cause.message.includes(packageName)) throw cause;
    throw new UserError('the studio is not installed', { hint: `npm install ${packageName}`, cause });
  }
}
