import { existsSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import type { Static, TObject } from 'typebox';

/**
 * The settings are wrong. The message has one line per problem, which begins with the name of the setting. It never
 * shows the value of a setting, which may be a secret.
 */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(['The settings are not usable:', ...problems.map(problem => `  ${problem}`)].join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The environment of a process, in the form of `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings of `schema`, and no others, from the environment. Text becomes a number or a boolean (`true`,
 * `false`) where the schema has that type, absent settings get their defaults, and an empty setting counts as absent.
 * @throws {ConfigError} with every problem at once
 */
export function readConfig<T extends TObject>(schema: T, env: Environment): Static<T> {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(schema.properties)) {
    const text = env[name];
    if (text !== undefined && text !== '') values[name] = text;
  }
  const ajv = new Ajv({ allErrors: true, coerceTypes: true, useDefaults: true, strict: true });
  const isConfig = ajv.compile<Static<T>>(schema);
  if (!isConfig(values)) throw new ConfigError((isConfig.errors ?? []).map(problemOf));
  return values;
}

/** For a `main.ts`: adds the settings of the file `.env`, if it exists, to the environment. Set variables keep their values. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}

/** The result of `read`. If it throws a {@link ConfigError}, its problems are added to `problems` and the result is null. */
export function collectProblems<T>(problems: string[], read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return null;
  }
}

/** For a `main.ts`: the result of `read`. A {@link ConfigError} goes to standard error and ends the process with status 1. */
export function configOrExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function problemOf(error: ErrorObject): string {
  const name = error.instancePath.slice(1);
  switch (error.keyword) {
    case 'required':
      return `${error.params['missingProperty']} is required`;
    case 'type':
      return `${name} must be ${typeNames[String(error.params['type'])] ?? error.params['type']}`;
    case 'enum':
      return `${name} must be one of ${error.params['allowedValues'].join(', ')}`;
    case 'minimum':
      return `${name} must be at least ${error.params['limit']}`;
    case 'maximum':
      return `${name} must be at most ${error.params['limit']}`;
    default:
      return `${name} ${error.message ?? 'is not valid'}`;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};
