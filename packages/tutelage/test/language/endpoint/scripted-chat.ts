import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Heard {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly top_logprobs?: number;
}

/** What is said, and how likely tokens are in its first place; without these the endpoint sends no log-probabilities. */
export interface Said {
  readonly text: string;
  readonly first?: Readonly<Record<string, number>>;
}

/** An OpenAI-compatible endpoint on this computer that answers by a function. */
export async function startScriptedChat(
  say: (heard: Heard) => Said,
): Promise<{ readonly url: string; readonly calls: Heard[]; close(): Promise<void> }> {
  const calls: Heard[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const heard: Heard = JSON.parse(Buffer.concat(chunks).toString());
    calls.push(heard);
    const { text, first } = say(heard);
    const top = Object.entries(first ?? {}).map(([token, p]) => ({ token, logprob: Math.log(p) }));
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        id: 'x',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: text },
            finish_reason: 'stop',
            ...(first && heard.top_logprobs && { logprobs: { content: [{ top_logprobs: top }] } }),
          },
        ],
        usage: { prompt_tokens: 10, completion_tokens: 1 },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
