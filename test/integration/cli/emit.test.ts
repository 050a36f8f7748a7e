import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firstlight } from './firstlight.ts';
import { type Answer, type Receiver, startReceiver } from './receiver.ts';

const exposure = ['emit', 'change_exposed', '--service', 'checkout', '--change', 'abc1234'];
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('firstlight emit', () => {
  const answers: Answer[] = [];
  let receiver: Receiver;
  const emit = (...args: string[]) => firstlight([...args, '--url', receiver.url]);

  beforeEach(async () => {
    answers.length = 0;
    receiver = await startReceiver(answers);
  });
  afterEach(() => receiver[Symbol.asyncDispose]());

  test('sends one event with the fields of its options, and adds time, id and source', async () => {
    const before = Date.now();
    const { status, stdout } = await emit(
      ...exposure,
      ...[
        '--changes',
        'b',
        '--changes',
        'c',
        '--weight',
        '2.5',
        '--drill',
        '--event-url',
        'https://example.com',
      ],
    );
    expect(status).toBe(0);
    const [event] = receiver.events;
    expect(event).toEqual({
      type: 'change_exposed',
      service: 'checkout',
      change: 'abc1234',
      changes: ['b', 'c'],
      weight: 2.5,
      drill: true,
      url: 'https://example.com',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      id: expect.stringMatching(uuid),
      source: 'firstlight-cli',
    });
    expect(Date.parse(event?.time ?? '')).toBeGreaterThanOrEqual(before);
    expect(stdout).toBe(`accepted change_exposed ${event?.id}\n`);
  });

  test('does not change a given time, id or source, and prints the event with --json', async () => {
    const identity = ['--time', '2026-05-04T09:30:00+02:00', '--id', 'deploy-7', '--source', 'ci'];
    const { stdout } = await emit(...exposure, ...identity, '--json');
    expect(JSON.parse(stdout)).toEqual(receiver.events[0]);
    expect(receiver.events[0]).toMatchObject({
      time: '2026-05-04T09:30:00+02:00',
      id: 'deploy-7',
      source: 'ci',
    });
  });

  test('reads server and token from the environment', async () => {
    const { status } = await firstlight(exposure, {
      FIRSTLIGHT_URL: `${receiver.url}/base`,
      FIRSTLIGHT_TOKEN: 'flt_secret',
    });
    expect(status).toBe(0);
    expect(receiver.requests[0]?.path).toBe('/base/v1/events');
    expect(receiver.requests[0]?.headers.authorization).toBe('Bearer flt_secret');
  });

  test('does not send an invalid event, and ends with status 2', async () => {
    const { status, stderr } = await emit('emit', 'change_exposed', '--weight', '101');
    expect(status).toBe(2);
    expect(stderr).toContain('service is required');
    expect(stderr).toContain('one of rollout, change, changes, artifact is required');
    expect(stderr).toContain('weight must be <= 100');
    expect(receiver.requests).toEqual([]);
  });

  test.each(['25%', '', ' 25', '0x19', '1e1'])('does not accept %j as a number', async text => {
    const { status, stderr } = await emit(...exposure, `--weight=${text}`);
    expect(status).toBe(2);
    expect(stderr).toContain('It must be a number');
  });

  test('accepts only the fields of the event type', async () => {
    const { status, stderr } = await emit('emit', 'change_created', '--weight', '5');
    expect(status).toBe(2);
    expect(stderr).toContain("unknown option '--weight'");
  });

  test('retries with the same event until the server accepts it', async () => {
    answers.push('drop', { status: 503, headers: { 'retry-after': '0' } }, { status: 429 });
    const { status, stderr } = await emit(...exposure);
    expect(status).toBe(0);
    expect(receiver.requests).toHaveLength(4);
    expect(new Set(receiver.requests.map(request => request.body)).size).toBe(1);
    expect(stderr).toContain('the connection failed');
    expect(stderr).toContain('the server answered 503; trying again in 0.0 s');
  });

  test('ends with status 3 when all attempts fail', async () => {
    answers.push({ status: 503 }, { status: 500 });
    const { status, stderr } = await emit(...exposure, '--retries', '1');
    expect(status).toBe(3);
    expect(stderr).toContain('is not available: the server answered 500 (tries: 2)');
    expect(receiver.requests).toHaveLength(2);
  });

  test('does not wait when the server asks for a very long wait', async () => {
    answers.push({ status: 503, headers: { 'retry-after': '3600' } });
    expect((await emit(...exposure)).status).toBe(3);
    expect(receiver.requests).toHaveLength(1);
  });

  test("prints the server's errors, and ends with status 1 without a retry", async () => {
    const errors = [{ item: 0, field: 'time', detail: 'is before the year 2000' }];
    answers.push({ status: 400, body: JSON.stringify({ title: 'Bad Request', errors }) });
    const { status, stderr } = await emit(...exposure);
    expect(status).toBe(1);
    expect(stderr).toContain('item 0: time is before the year 2000');
    expect(receiver.requests).toHaveLength(1);
  });

  test('explains that the server requires a token', async () => {
    answers.push({ status: 401 });
    const { status, stderr } = await emit(...exposure);
    expect(status).toBe(1);
    expect(stderr).toContain('FIRSTLIGHT_TOKEN');
  });

  test('does not accept the answer of another program', async () => {
    answers.push({ status: 200, body: '<html>' });
    const { status, stderr } = await emit(...exposure);
    expect(status).toBe(1);
    expect(stderr).toContain('check --url');
  });

  test('explains its options and its exit status', async () => {
    const { status, stdout } = await emit('emit', 'change_merged', '--help');
    expect(status).toBe(0);
    expect(stdout).toMatch(/--artifact <text>\s+What this change became/);
    expect(stdout).toMatch(/absent:\s+now/);
    expect(stdout).toMatch(/3\s+the server could not be reached/);
  });
});
