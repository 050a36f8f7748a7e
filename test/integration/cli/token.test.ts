import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseTokens } from '../../../services/collector/access/tokens.ts';
import { firstlight } from './firstlight.ts';

describe('firstlight token create', () => {
  test('prints a token, and an entry for the collector that has only its hash', async () => {
    const { status, stdout } = await firstlight([
      ...['token', 'create', 'ci', '--service', 'checkout', '--service', 'web-*', '--json'],
    ]);
    expect(status).toBe(0);
    const { token, entry } = JSON.parse(stdout);
    expect(entry).toEqual({
      name: 'ci',
      hash: `sha256:${hash('sha256', token)}`,
      services: ['checkout', 'web-*'],
    });
    expect(parseTokens(JSON.stringify({ tokens: [entry] }))).toEqual({ tokens: [entry], faults: [] });
  });

  test('explains what to do with them', async () => {
    const { stdout } = await firstlight(['token', 'create', 'ci']);
    expect(stdout).toMatch(/^flt_[\w-]{43}\n/);
    expect(stdout).toContain('TOKENS_FILE');
    expect(stdout).toContain('FIRSTLIGHT_TOKEN');
  });

  test('does not create a token whose entry the collector would refuse', async () => {
    const { status, stderr } = await firstlight(['token', 'create', 'ci', '--service', 'a*b']);
    expect(status).toBe(2);
    expect(stderr).toContain('No token was made');
  });
});
