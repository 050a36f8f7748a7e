import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SentEvent } from '../../../domain/events/event.ts';
import { digestOf } from '../../../domain/events/identity.ts';
import { faultsOf, timeFaultsOf } from '../../../domain/events/validate.ts';

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer that comes before the normal ones; `drop` closes the connection instead. */
export type Answer = 'drop' | { status: number; headers?: Record<string, string>; body?: string };

/** A server that accepts events like the collector, and keeps them in memory. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** The events in the order of their first receipt, each identity once. */
  readonly events: SentEvent[];
  /** The identities of events that came again with other content. */
  readonly conflicts: string[];
}

export async function startReceiver(answers: Answer[] = []): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const events: SentEvent[] = [];
  const conflicts: string[] = [];
  const digests = new Map<string, string>();

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    requests.push({ path: request.url ?? '', headers: request.headers, body });
    const answer = answers.shift();
    if (answer === 'drop') return void request.socket.destroy();
    if (answer !== undefined) return void response.writeHead(answer.status, answer.headers).end(answer.body);

    const ndjson = request.headers['content-type'] === 'application/x-ndjson';
    const items: unknown[] = (ndjson ? body.trimEnd().split('\n') : [body]).map(text => JSON.parse(text));
    const errors = items.flatMap((value, item) => {
      const faults = faultsOf(value);
      const all = faults.length > 0 ? faults : timeFaultsOf(value as SentEvent, Date.now());
      return all.map(fault => ({ item, ...fault }));
    });
    if (errors.length > 0 || items.length > 5000 || body.length > 5_000_000) {
      response.writeHead(400, { 'content-type': 'application/problem+json' });
      response.end(
        JSON.stringify({ title: 'Bad Request', status: 400, detail: 'some events are invalid', errors }),
      );
      return;
    }
    for (const event of items as SentEvent[]) {
      const identity = JSON.stringify([event.source, event.id]);
      const digest = digestOf(event);
      const known = digests.get(identity);
      if (known === undefined) events.push(event);
      else if (known !== digest) conflicts.push(identity);
      digests.set(identity, known ?? digest);
    }
    response.writeHead(202, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ accepted: items.length }));
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(error => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    events,
    conflicts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
