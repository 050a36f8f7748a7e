import { existsSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import type { Static, TObject } from 'typebox';

/** The settings are wrong. One line per problem, each begins with the setting's name; never with its value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(['The settings are not usable:', ...problems.map(problem => `  ${problem}`)].join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The environment of a process, as `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings that `schema` names, and no others, from the environment. Text becomes the number or the
 * boolean (`true`, `false`) that the schema asks for, defaults are filled in, an empty setting is an absent one.
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

/** For a `main.ts`: adds the settings of the file `.env`, where there is one, to the environment; what is set already stands. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}

/** What `read` returns; null where it throws a {@link ConfigError}, whose problems are added to `problems`. */
export function collectProblems<T>(problems: string[], read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return null;
  }
}

/** For a `main.ts`: what `read` returns, or its {@link ConfigError} on standard error and the end of the process. */
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
