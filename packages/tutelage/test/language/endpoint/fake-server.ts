import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a call meets. Those after `ok` fail; `billed` below says which are paid for all the same. */
export type Fault =
  | 'ok'
  | 'malformed'
  | 'foreign-label'
  | 'no-usage'
  | '400-schema'
  | '400'
  | '401'
  | '429'
  | '500'
  | '503'
  | 'hang'
  | 'drop'
  | 'truncated'
  | 'not-json';

const FREE: readonly Fault[] = ['400-schema', '400', '401', '429', '503'];

export interface Call {
  /** The client's id of the request. */
  readonly id: string;
  readonly body: ChatBody;
  readonly authorization: string | undefined;
  readonly fault: Fault;
  /** Nano-dollars. */
  readonly billed: number;
  readonly at: number;
}

interface ChatBody {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  /** Of a completion, in place of messages. */
  readonly prompt?: string;
  readonly echo?: boolean;
  readonly prompt_logprobs?: number;
  readonly max_tokens: number;
  readonly temperature?: number;
  readonly response_format?: unknown;
  readonly top_logprobs?: number;
}

export interface Script {
  /** What the n-th call (from 0) with this id meets; `ok` unless told. */
  fault?(id: string, nth: number, body: ChatBody): Fault;
  /** The answer's text. */
  answer(prompt: string, authorization: string | undefined): string;
  /** Members of a completion's choice, in place of a chat's. */
  choice?(body: ChatBody): object;
  /** Alternatives of the first token. */
  topLogprobs?: readonly { token: string; logprob: number }[];
  /** In place of the true count. */
  usage?: object;
  headers?: Readonly<Record<string, string>>;
  /** Milliseconds that each call takes. */
  latency?: number;
}

/** 0.4 dollars per million tokens in, 0.1 if cached, 1.6 out. */
export const PRICE = { input: 0.4, cachedInput: 0.1, output: 1.6 };

export interface FakeServer {
  readonly url: string;
  readonly calls: Call[];
  /** Sum of what was billed, nano-dollars. */
  billed(): number;
  /** Most calls that were under way at once. */
  peak(): number;
  close(): Promise<void>;
}

/** An OpenAI-compatible endpoint on this computer that fails to order and remembers every call. */
export async function startFakeServer(script: Script): Promise<FakeServer> {
  const calls: Call[] = [];
  const seen = new Map<string, number>();
  let running = 0;
  let peak = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: ChatBody = JSON.parse(Buffer.concat(chunks).toString());
    const id = String(request.headers['idempotency-key']);
    const { authorization } = request.headers;
    const nth = seen.get(id) ?? 0;
    seen.set(id, nth + 1);
    const fault = script.fault?.(id, nth, body) ?? 'ok';
    const prompt = body.prompt ?? body.messages.at(-1)!.content;
    const text = fault === 'malformed' ? 'Hm.' : script.answer(prompt, authorization);
    const usage = {
      prompt_tokens: Math.ceil(JSON.stringify(body.prompt ?? body.messages).length / 4),
      completion_tokens: Math.min(body.max_tokens, Math.ceil(text.length / 2)),
      prompt_tokens_details: { cached_tokens: 4 },
    };
    const free = FREE.includes(fault);
    // The same sum as the client's, in nano-dollars a token.
    const billed = free ? 0 : (usage.prompt_tokens - 4) * 400 + 4 * 100 + usage.completion_tokens * 1600;
    running += 1;
    peak = Math.max(peak, running);
    await delay(script.latency ?? 1);
    running -= 1;
    calls.push({ id, body, authorization, fault, billed, at: Date.now() });
    reply(script, response, { fault, text, usage, authorization, body });
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    billed: () => calls.reduce((sum, call) => sum + call.billed, 0),
    peak: () => peak,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Reply {
  readonly fault: Fault;
  readonly text: string;
  readonly usage: object;
  readonly authorization: string | undefined;
  readonly body: ChatBody;
}

function reply(script: Script, response: ServerResponse, answer: Reply): void {
  const { fault, text, usage, authorization } = answer;
  const content = fault === 'foreign-label' ? '{"label":"no such label"}' : text;
  const logprobs = script.topLogprobs && { content: [{ top_logprobs: script.topLogprobs }] };
  const chat = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', logprobs };
  const choice = script.choice?.(answer.body) ?? chat;
  const body = JSON.stringify({
    id: 'x',
    choices: [choice],
    ...(fault !== 'no-usage' && { usage: script.usage ?? usage }),
  });
  const json = { 'content-type': 'application/json', ...script.headers };
  switch (fault) {
    case 'hang':
      return;
    case 'drop':
      response.destroy();
      return;
    case 'truncated':
      response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(body) });
      response.write(body.slice(0, body.length / 2), () => response.destroy());
      return;
    case 'not-json':
      response.writeHead(200, json).end(body.slice(0, body.length / 2));
      return;
    case '400-schema':
    case '400':
    case '401':
    case '429':
    case '500':
    case '503': {
      const message = fault === '400-schema' ? 'unknown member: response_format' : `no, ${authorization}`;
      response.writeHead(Number.parseInt(fault, 10), json).end(JSON.stringify({ error: { message } }));
      return;
    }
    default:
      response.writeHead(200, json).end(body);
  }
}
