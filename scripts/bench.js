const [name, ...rest] = process.argv.slice(2);

const benchmarks = {
  engine: async () => (await import('../bench/engine.js')).benchmarkEngine(rest),
  language: async () => (await import('../bench/language.js')).benchmarkLanguage(rest),
  cli: async () => (await import('../bench/cli.js')).benchmarkCli(),
  papers: async () => (await import('../bench/papers.js')).benchmarkKnownItems(rest),
  studio: async () => (await import('../bench/studio.js')).benchmarkStudio(),
  tracing: async () => (await import('../bench/tracing.js')).benchmarkTracing(rest),
  assistments: async () => (await import('../bench/assistments.js')).benchmarkAssistments(rest),
  records: async () => (await import('../bench/records.js')).benchmarkRecords(rest),
  preferences: async () => (await import('../bench/preferences.js')).benchmarkPreferences(rest),
  'preference-accuracy': async () =>
    (await import('../bench/preference-accuracy.js')).benchmarkPreferenceAccuracy(rest),
  'reward-accuracy': async () => (await import('../bench/reward-accuracy.js')).benchmarkRewardAccuracy(rest),
};

if (benchmarks[name]) await benchmarks[name]();
else {
  console.error(
    `${name ? `unknown benchmark: ${name}; ` : ''}benchmarks: ${Object.keys(benchmarks).join(', ')}`,
  );
  process.exitCode = 2;
}
