import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const side = 16;
const labels = ['level', 'upright'] as const;

/** Writes a folder of pictures: thirty each of level and of upright bars, all different. */
export async function writeBars(folder: string): Promise<void> {
  for (const label of labels) {
    mkdirSync(join(folder, label), { recursive: true });
    for (let i = 0; i < 30; i++) {
      const at = 2 + (i % 10);
      const shade = 120 + 4 * i;
      const pixels = Uint8Array.from({ length: side * side }, (_, p) => {
        const place = label === 'level' ? Math.floor(p / side) : p % side;
        return place >= at && place < at + 3 ? shade : 20;
      });
      const raw = { width: side, height: side, channels: 1 } as const;
      await sharp(pixels, { raw })
        .png()
        .toFile(join(folder, label, `${i}.png`));
    }
  }
}
