import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CloudEvent, HTTP } from 'cloudevents';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disorder, histories } from '../support/histories/histories.ts';
import { expectShown, shown, type WholeEvent } from '../support/histories/shown.ts';
import type { Answer } from '../support/product/answer.ts';
import { moveToPresent } from '../support/product/present.ts';
import { type Product, startProduct, temporaryFolder } from '../support/product/standalone.ts';
import { runs } from '../support/run/properties.ts';

const folder = temporaryFolder();
let product: Product;
beforeAll(async () => {
  product = await startProduct({ dataDir: join(folder.path, 'data') });
});
afterAll(async () => {
  await product.stop();
  folder[Symbol.dispose]();
});

/** The formats in which an event may be sent. */
const forms = ['array', 'ndjson', 'batch', 'structured', 'binary'] as const;
type Form = (typeof forms)[number];
const connections = 4;

/** A history, and for each connection its batches, each in some format. */
const arrivals = histories.chain(history =>
  fc.record({
    history: fc.constant(history),
    batches: disorder(history),
    formOfBatch: fc.array(fc.constantFrom(...forms), { minLength: 7, maxLength: 7 }),
  }),
);

/** All events sent so far: each history has its own services, and the fleet's numbers pool all of them. */
const events: WholeEvent[] = [];
let run = 0;

test('the numbers of any history are the definitions’, however its events arrive', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, async ({ history, batches, formOfBatch }) => {
      const place = moveToPresent(run++);
      events.push(...history.map(place));
      const queue = batches.map((batch, index) => ({
        events: batch.map(place),
        form: formOfBatch[index % formOfBatch.length] ?? 'array',
      }));
      const send = async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift())
          for (const answer of await post(next.form, next.events)) expect(answer.status).toBe(202);
      };
      await Promise.all(Array.from({ length: connections }, send));
      await expectShown(product, events);
    }),
    { numRuns: runs(8), endOnFailure: true },
  );
  expect(await shown(product, 'firstlight_findings{reason="conflicting_repeat"}')).toBe(0);
});

test('promtool finds no fault in its scrape', async () => {
  const { text, headers } = await product.get('/metrics');
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(text).toContain('dora_team_lead_time_seconds');
  const promtool = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  if (promtool.error) throw new Error("promtool cannot be run: install Debian's package prometheus");
  expect(promtool.stdout + promtool.stderr).toBe('');
  expect(promtool.status).toBe(0);
});

async function post(form: Form, events: readonly WholeEvent[]): Promise<Answer[]> {
  switch (form) {
    case 'array':
      return [await product.post(events)];
    case 'ndjson': {
      const lines = events.map(event => `${JSON.stringify(event)}\n`).join('');
      return [await product.post(lines, { 'content-type': 'application/x-ndjson' })];
    }
    case 'batch': {
      const batch = `[${events.map(event => cloudEventOf(event).toString()).join(',')}]`;
      return [await product.post(batch, { 'content-type': 'application/cloudevents-batch+json' })];
    }
    case 'structured':
    case 'binary': {
      const answers: Answer[] = [];
      const encode = form === 'structured' ? HTTP.structured : HTTP.binary;
      for (const event of events) {
        const { body, headers } = encode(cloudEventOf(event));
        answers.push(await product.post(String(body), headers as Record<string, string>));
      }
      return answers;
    }
  }
}

function cloudEventOf({ id, source, type, time, ...data }: WholeEvent): CloudEvent<object> {
  return new CloudEvent({ id, source, type, time, datacontenttype: 'application/json', data });
}
