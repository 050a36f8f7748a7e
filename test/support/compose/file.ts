import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The project's folder, with a slash at the end. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The parts of a service in `docker-compose.yml` that the tests use. */
export interface ComposeService {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly { readonly source: string; readonly mode: number }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly restart: string;
  readonly stop_grace_period?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>;
}

/**
 * Reads `docker-compose.yml` as Compose does: it merges anchors, substitutes variables, and turns the values of
 * `environment` into text.
 * @param env the variables, as the file `.env` would define them
 * @throws {Error} which names a required variable that is not set
 * @see https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
 */
export function readCompose(env: Readonly<Record<string, string>>): ComposeFile {
  const file = substitute(parse(readText('docker-compose.yml'), { merge: true }), env) as ComposeFile;
  const services = Object.entries(file.services).map(([name, service]) => [name, environmentAsText(service)]);
  return { ...file, services: Object.fromEntries(services) };
}

/** The text of a file of the project. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function environmentAsText(service: ComposeService): ComposeService {
  if (service.environment === undefined) return service;
  const texts = Object.entries(service.environment).map(([name, value]) => [name, String(value)]);
  return { ...service, environment: Object.fromEntries(texts) };
}

function substitute(value: unknown, env: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return substituteInText(value, env);
  if (Array.isArray(value)) return value.map(item => substitute(item, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, substitute(item, env)]));
}

/** Substitutes `$$`, `${NAME}`, `${NAME:-default}` and `${NAME:?what to do}`; the file uses no other forms. */
function substituteInText(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\{(\w+)(?::([-?])([^}]*))?\})/g, (_all, escaped, name, operator, rest) => {
    if (escaped === '$') return '$';
    const value = env[name] || (operator === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`${name} is not set: ${rest ?? 'it has no default'}`);
    return value;
  });
}

/** The names of the variables that `docker-compose.yml` requires. */
export function requiredVariables(): string[] {
  const names = [...readText('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name);
  return [...new Set(names)].sort();
}
