import type { ClassificationReport } from '../assessment/classification-report-schema.js';
import type { StudentReport } from '../assessment/report-schema.js';
import {
  agreementSection,
  calibrationSection,
  confusionSection,
  disagreementSection,
} from './behaviour-sections.js';
import { choiceSection, economySection } from './economy-section.js';
import { html, type Markup } from './html.js';
import { measuredSections } from './measured-sections.js';
import { dataSection, reproduceSection } from './origin-sections.js';
import { style } from './style.js';
import { heading, intervalsSection, learningSection, summarySection } from './summary-sections.js';

/**
 * The report as one HTML file that needs nothing else: no network, no script. Texts and labels are untrusted: they are escaped, and the
 * page forbids scripts and requests besides.
 */
export function renderReport(report: StudentReport): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Tutelage">
<title>${report.title}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<main>
${sectionsOf(report)}
</main>
<footer class="note">Written by Tutelage.</footer>
</body>
</html>
`;
  return page.markup;
}

function sectionsOf(report: StudentReport): readonly (Markup | undefined)[] {
  return report.kind === 'classification' ? classificationSections(report) : measuredSections(report);
}

function classificationSections(report: ClassificationReport): readonly (Markup | undefined)[] {
  return [
    heading(report),
    summarySection(report),
    economySection(report),
    choiceSection(report),
    intervalsSection(report),
    learningSection(report),
    confusionSection(report),
    calibrationSection(report),
    agreementSection(report),
    disagreementSection(report),
    dataSection(report),
    reproduceSection(report),
  ];
}
