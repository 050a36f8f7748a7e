import { describe, expect, test } from 'vitest';
import { type Component, stopInReverse } from '../../../../platform/process/lifecycle.ts';
import { startNode } from '../../../support/product/process.ts';

describe('stopInReverse', () => {
  test('stops the components one after the other, the last one first', async () => {
    const said: string[] = [];
    const component = (name: string): Component => ({
      name,
      stop: async () => {
        said.push(`${name} begins`);
        await new Promise(resolve => setImmediate(resolve));
        said.push(`${name} ends`);
      },
    });
    await stopInReverse([component('database'), component('server')]);
    expect(said).toEqual(['server begins', 'server ends', 'database begins', 'database ends']);
  });

  test('stops the others when one fails, and reports all failures', async () => {
    const stopped: string[] = [];
    const failing = (name: string): Component => ({ name, stop: () => Promise.reject(new Error('broken')) });
    const outcome = stopInReverse([
      { name: 'database', stop: async () => void stopped.push('database') },
      failing('log'),
      {
        name: 'server',
        stop: () => {
          throw new Error('at once');
        },
      },
    ]);
    await expect(outcome).rejects.toMatchObject({
      errors: [
        { message: 'server did not stop cleanly: at once' },
        { message: 'log did not stop cleanly: broken' },
      ],
    });
    expect(stopped).toEqual(['database']);
  });

  test('gives up at the deadline and names the remaining components', async () => {
    const components = [
      { name: 'database', stop: async () => {} },
      { name: 'server', stop: () => new Promise<void>(() => {}) },
    ];
    await expect(stopInReverse(components, 20)).rejects.toMatchObject({
      errors: [{ message: 'not stopped within 0.02 s: server, database' }],
    });
  });
});

/** Runs a process whose components print when they are stopped. */
function start(body: string) {
  const program = `
    import { Lifecycle } from ${JSON.stringify(new URL('../../../../platform/process/lifecycle.ts', import.meta.url).href)};
    import { createLogger } from ${JSON.stringify(new URL('../../../../platform/telemetry/log.ts', import.meta.url).href)};
    const lifecycle = new Lifecycle(createLogger({ name: 'test' }), { deadlineMs: 5_000 });
    const add = (name, stop = () => console.log(name + ' is stopped')) => lifecycle.add(name, stop);
    const work = setInterval(() => {}, 1_000);
    await lifecycle.run(async () => {
      ${body}
      console.log('it runs');
    });`;
  return startNode(['--input-type=module', '--eval', program]);
}

describe('Lifecycle', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('stops in reverse order on %s and exits with 0', async signal => {
    const child = start("add('database'); add('server');");
    await child.waitForOutput(/it runs/);
    child.kill(signal);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.output()).toMatch(/server is stopped\s+database is stopped/);
  });

  test('treats a Ctrl-C that npm passes on as a second signal as one', async () => {
    const child = start(`
      add('database');
      add('server', async () => { console.log('stopping'); await new Promise(r => setTimeout(r, 100)); });`);
    await child.waitForOutput(/it runs/);
    child.kill('SIGINT');
    await child.waitForOutput(/"stopping"/);
    child.kill('SIGINT');
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.output()).toContain('database is stopped');
  });

  test('exits at once on a second Ctrl-C', async () => {
    const child = start(`
      add('database');
      add('server', () => new Promise(() => setTimeout(() => console.log('still stopping'), 600)));`);
    await child.waitForOutput(/it runs/);
    child.kill('SIGINT');
    await child.waitForOutput(/still stopping/);
    child.kill('SIGINT');
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.output()).not.toContain('database is stopped');
  });

  test('exits with 1 when a component does not stop cleanly, after stopping the others', async () => {
    const child = start("add('database'); add('server', () => Promise.reject(new Error('no answer')));");
    await child.waitForOutput(/it runs/);
    child.kill('SIGTERM');
    expect((await child.exited).code).toBe(1);
    expect(child.output()).toContain('server did not stop cleanly: no answer');
    expect(child.output()).toContain('database is stopped');
  });

  test('stops the started components when the start fails', async () => {
    const child = start("add('database'); throw new Error('the port is taken');");
    expect((await child.exited).code).toBe(1);
    expect(child.output()).toContain('the port is taken');
    expect(child.output()).toContain('database is stopped');
    expect(child.output()).not.toContain('it runs');
  });

  test.each([
    ['an uncaught exception', "setTimeout(() => { throw new Error('oops'); }, 10);"],
    ['an unhandled rejection', "void Promise.reject(new Error('oops'));"],
    ['an error that a component reports', "setTimeout(() => lifecycle.fail(new Error('oops')), 10);"],
  ])('stops and exits with 1 on %s', async (_what, body) => {
    const child = start(`add('database'); ${body}`);
    expect((await child.exited).code).toBe(1);
    expect(child.output()).toContain('"msg":"oops"');
    expect(child.output()).toContain('database is stopped');
  });
});
