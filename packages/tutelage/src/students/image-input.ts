import sharp from 'sharp';
import { UserError } from '../core/errors.js';
import { type ImageShape, MAX_PIXELS, shaped } from '../tasks/image-folder.js';

/**
 * The pixels of an image, as a student of images takes them.
 *
 * @param image path of a file, or its content
 * @throws {UserError} when it can't be read
 */
export async function pixelsOf(image: string | Uint8Array, shape: ImageShape): Promise<Uint8Array> {
  try {
    return await shaped(sharp(image, { limitInputPixels: MAX_PIXELS }), shape);
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new UserError(`not a readable image: ${typeof image === 'string' ? image : reason}`, {
      ...(typeof image === 'string' && { detail: reason! }),
    });
  }
}
