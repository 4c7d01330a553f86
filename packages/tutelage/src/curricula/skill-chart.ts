import type { SkillGap } from './skill-profile.js';

const [labelWidth, barWidth, rowHeight, most] = [220, 280, 24, 30];
/** Readable on light and dark pages. */
const ink = '#767b85';
const accent = '#2f7fd3';

/** Draws a profile as bars in SVG, the skills that are missed most often first: so many mistakes, of so many questions that need it. */
export function skillChart(profile: readonly SkillGap[]): string {
  const rows = profile.slice(0, most);
  const longest = Math.max(1, ...rows.map(({ missed }) => missed));
  const bars = rows.map(({ skill, missed, needed }, i) => {
    const width = (barWidth * missed) / longest;
    const words = `${missed} of ${needed}`;
    const name = skill.length > 32 ? `${skill.slice(0, 31)}…` : skill;
    return [
      `<g transform="translate(0 ${i * rowHeight})">`,
      `<title>${escaped(skill)}: ${words}</title>`,
      `<text x="${labelWidth - 8}" y="16" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${labelWidth}" y="4" width="${width.toFixed(1)}" height="${rowHeight - 8}" fill="${accent}"/>`,
      `<text x="${(labelWidth + width + 6).toFixed(1)}" y="16">${words}</text>`,
      '</g>',
    ].join('');
  });
  const [width, height] = [labelWidth + barWidth + 90, Math.max(1, rows.length) * rowHeight];
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Missing skills: mistakes that missed each, of the questions that need it" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="${ink}">${bars.join('')}</svg>\n`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
