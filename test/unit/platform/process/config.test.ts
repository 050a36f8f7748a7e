import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../../../platform/process/config.ts';
import { startNode } from '../../../support/product/process.ts';

const schema = Type.Object({
  PORT: Type.Integer({ minimum: 1, maximum: 65535, default: 8080 }),
  SLACK_RATIO: Type.Optional(Type.Number()),
  TRACE: Type.Boolean({ default: false }),
  STYLE: Type.Unsafe<'plain' | 'rich'>({ type: 'string', enum: ['plain', 'rich'], default: 'plain' }),
  API_TOKEN: Type.Optional(Type.String({ minLength: 8 })),
  DATABASE_URL: Type.String(),
});

const url = 'postgres://u:hunter2@h/d';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  test('converts text to the types of the schema', () => {
    const config = readConfig(schema, { PORT: '81', SLACK_RATIO: '0.25', TRACE: 'true', DATABASE_URL: url });
    expect(config).toEqual({ PORT: 81, SLACK_RATIO: 0.25, TRACE: true, STYLE: 'plain', DATABASE_URL: url });
  });

  test('does not convert a token of digits', () => {
    expect(readConfig(schema, { API_TOKEN: '0012345678', DATABASE_URL: url }).API_TOKEN).toBe('0012345678');
  });

  test('treats an empty setting as absent', () => {
    const config = readConfig(schema, { PORT: '', API_TOKEN: '', DATABASE_URL: url });
    expect(config).toEqual({ PORT: 8080, TRACE: false, STYLE: 'plain', DATABASE_URL: url });
    expect(problemsOf({ DATABASE_URL: '' })).toEqual(['DATABASE_URL is required']);
  });

  test('returns only the settings of the schema', () => {
    expect(readConfig(schema, { DATABASE_URL: url, HOME: '/root' })).not.toHaveProperty('HOME');
  });

  test('changes neither the environment nor the schema', () => {
    const env = Object.freeze({ PORT: '81', DATABASE_URL: url });
    readConfig(schema, env);
    expect(readConfig(schema, { DATABASE_URL: url }).PORT).toBe(8080);
  });

  test('reports every problem at once, each with the name of its setting', () => {
    expect(problemsOf({ PORT: '0', SLACK_RATIO: 'x', TRACE: 'maybe', STYLE: 'loud' }).toSorted()).toEqual([
      'DATABASE_URL is required',
      'PORT must be at least 1',
      'SLACK_RATIO must be a number',
      'STYLE must be one of plain, rich',
      'TRACE must be true or false',
    ]);
    expect(problemsOf({ PORT: '80.5', DATABASE_URL: url })).toEqual(['PORT must be a whole number']);
    expect(problemsOf({ PORT: '65536', DATABASE_URL: url })).toEqual(['PORT must be at most 65535']);
  });

  test('never prints a value', () => {
    const read = () => readConfig(schema, { API_TOKEN: 'hunter2', DATABASE_URL: url, PORT: 'hunter2' });
    expect(read).toThrow(ConfigError);
    expect(read).not.toThrow(/hunter2/);
    expect(read).toThrow(/PORT must be a whole number\n {2}API_TOKEN must NOT have fewer than 8 characters/);
  });
});

describe('configOrExit', () => {
  const start = (body: string) => {
    const module = new URL('../../../../platform/process/config.ts', import.meta.url).href;
    const program = `
      import { ConfigError, configOrExit } from ${JSON.stringify(module)};
      console.log('read: ' + configOrExit(() => { ${body} }));`;
    return startNode(['--input-type=module', '--eval', program]);
  };

  test('returns the result', async () => {
    const child = start('return 8080;');
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.output()).toBe('read: 8080\n');
  });

  test('prints the problems, without a stack, and exits with 1', async () => {
    const child = start("throw new ConfigError(['PORT must be a whole number', 'HOST is required']);");
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.output()).toBe(
      'The settings are not usable:\n  PORT must be a whole number\n  HOST is required\n',
    );
  });
});
