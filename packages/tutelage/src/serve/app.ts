import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { LocalLanguageModel } from '../language/local-llm.js';
import type { AnyLoadedStudent } from '../students/load-any-student.js';
import type { Suggestions } from '../students/suggestions.js';
import { chatRoutes } from './chat-routes.js';
import { classifierRoutes } from './classifier-routes.js';
import { completionRoutes } from './completion-routes.js';
import { embeddingRoutes } from './embedding-routes.js';
import { createServerMetrics, type ServerMetrics } from './metrics.js';
import { Problem, problemResponse } from './requests.js';
import { suggestionRoutes } from './suggestion-routes.js';

export interface ServeLimits {
  /** Bytes of a request's body. */
  readonly maxBody: number;
  /** Inputs that may wait; more than that get 429. */
  readonly maxQueue: number;
  /** Inputs that are run together. */
  readonly maxBatch: number;
  /** How long an input waits for others to be run with, in milliseconds. */
  readonly batchWait: number;
}

export interface StudentApp {
  fetch(request: Request): Response | Promise<Response>;
  /** Refuses new inputs, with 503, and waits for those that were taken. */
  close(): Promise<void>;
}

/** What a kind of student adds to the server. */
export interface StudentRoutes {
  /** What it takes, for the health check. */
  readonly input: string;
  readonly waiting: number;
  addTo(app: Hono): void;
  close(): Promise<void>;
}

/**
 * A student behind HTTP. What it answers depends on its kind; see {@link classifierRoutes}, {@link embeddingRoutes} and
 * {@link completionRoutes}. All have `GET /health`, and `GET /metrics` for Prometheus.
 *
 * Errors are `{ error: { message } }`: 400 for a request that can't be understood, 413 for one that is too large, 415 for other than
 * JSON, 429 when too many inputs wait, 503 on shutting down.
 */
export function studentApp(student: AnyLoadedStudent, limits: ServeLimits): StudentApp {
  const metrics = createServerMetrics();
  const facts = { model: student.description.preset, kind: student.kind };
  return appOf(routesOf(student, limits, metrics), facts, limits, metrics);
}

/** A language model that was made for chats behind HTTP; see {@link chatRoutes}. Otherwise as {@link studentApp}. */
export function chatApp(model: LocalLanguageModel, name: string, limits: ServeLimits): StudentApp {
  const metrics = createServerMetrics();
  const facts = { model: name, kind: 'language-model' };
  return appOf(chatRoutes(model, name, limits, metrics), facts, limits, metrics);
}

/** Suggestions for questions behind HTTP; see {@link suggestionRoutes}. Otherwise as {@link studentApp}. */
export function suggestionApp(suggestions: Suggestions, limits: ServeLimits): StudentApp {
  const metrics = createServerMetrics();
  const facts = { model: suggestions.system, kind: 'suggestions' };
  return appOf(suggestionRoutes(suggestions, limits, metrics), facts, limits, metrics);
}

function appOf(
  routes: StudentRoutes,
  facts: { readonly model: string; readonly kind: string },
  limits: ServeLimits,
  metrics: ServerMetrics,
): StudentApp {
  let isClosing = false;
  const app = new Hono();

  app.use(async (c, next) => {
    const start = performance.now();
    await next();
    const route = c.res.status === 404 ? 'unknown' : c.req.path;
    metrics.request(route, c.res.status, (performance.now() - start) / 1000);
  });
  app.use(
    bodyLimit({
      maxSize: limits.maxBody,
      onError: () => {
        throw new Problem(413, `body too large: at most ${limits.maxBody} bytes`);
      },
    }),
  );
  app.onError((error, c) => problemResponse(c, error));
  app.notFound((c) => c.json({ error: { message: `no such route: ${c.req.method} ${c.req.path}` } }, 404));

  app.get('/health', (c) =>
    c.json({ status: isClosing ? 'closing' : 'ok', ...facts, input: routes.input }, isClosing ? 503 : 200),
  );
  app.get('/metrics', (c) => c.text(metrics.text(routes.waiting)));
  routes.addTo(app);

  return {
    fetch: (request) => app.fetch(request),
    async close() {
      isClosing = true;
      await routes.close();
    },
  };
}

function routesOf(student: AnyLoadedStudent, limits: ServeLimits, metrics: ServerMetrics): StudentRoutes {
  switch (student.kind) {
    case 'classifier':
      return classifierRoutes(student, limits, metrics);
    case 'retriever':
      return embeddingRoutes(student, limits, metrics);
    case 'language-model':
      return completionRoutes(student, limits, metrics);
  }
}
