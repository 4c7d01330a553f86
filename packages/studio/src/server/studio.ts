import { type Feeds, methodsByCard, openFeeds } from 'tutelage/papers';
import type { DigestParts } from '../digests/digests.js';
import { type Jobs, jobsOf } from '../jobs/jobs.js';
import { type Reproductions, reproductionsIn } from '../methods/reproductions.js';
import { type Papers, papersOf } from '../papers/papers.js';
import { type Runs, runsOf } from '../runs/runs.js';
import { type Database, openDatabase } from '../store/database.js';
import { migrate } from '../store/migrations.js';
import { openWorkspace, type Workspace } from '../workspace/workspace.js';

/** All parts that routes use. */
export interface Studio {
  readonly workspace: Workspace;
  readonly db: Database;
  readonly papers: Papers;
  readonly feeds: Feeds;
  readonly runs: Runs;
  readonly jobs: Jobs;
  readonly reproductions: Reproductions;
  readonly digests: DigestParts;
  readonly now: () => Date;
  /** Aborted by `endStreams`. */
  readonly ending: AbortSignal;
  /** Ends what would go on for ever. */
  endStreams(): void;
  /** Closes the database. */
  close(): Promise<void>;
}

export interface StudioOptions {
  /** The workspace. */
  readonly folder: string;
  /** Where it is reached on this machine. */
  readonly localUrl: () => string;
  /** In tests: other feeds, and another program than the commands. */
  readonly feeds?: Feeds;
  readonly program?: string;
}

/**
 * Opens a workspace with its database, and fills it with the built-in index.
 *
 * @throws {UserError} when the folder or the database can't be used
 */
export function openStudio({ folder, localUrl, feeds = openFeeds(), program }: StudioOptions): Studio {
  const workspace = openWorkspace(folder);
  const db = openDatabase(workspace.database);
  migrate(db);
  const now = () => new Date();
  const papers = papersOf(db);
  papers.addCatalogue(now());
  const runs = runsOf(workspace.root);
  const methods = Object.values(methodsByCard);
  const jobs = jobsOf({ workspace, runs, methods, now, ...(program !== undefined && { program }) });
  const reproductions = reproductionsIn(workspace.reproductions);
  const claims = () => reproductions.claims();
  const ending = new AbortController();
  return {
    workspace,
    db,
    papers,
    feeds,
    runs,
    jobs,
    reproductions,
    digests: { db, papers, claims, outbox: workspace.outbox, localUrl, now },
    now,
    ending: ending.signal,
    endStreams: () => ending.abort(),
    async close() {
      ending.abort();
      await papers.settled().catch(() => undefined);
      db.close();
    },
  };
}
