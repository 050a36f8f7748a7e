import { globSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Type } from 'typebox';
import { targetsOf } from '../domain/catalogue/backstage.ts';
import { type Catalogue, emptyCatalogue } from '../domain/catalogue/catalogue.ts';
import { catalogueOf } from '../domain/catalogue/catalogue-file.ts';
import { ConfigError, type Environment, readConfig } from '../platform/process/config.ts';
import { watchFiles } from '../platform/process/watch-file.ts';
import { parseYaml, type YamlDocument } from '../platform/process/yaml-file.ts';
import type { Logger } from '../platform/telemetry/log.ts';

/** The catalogue file, read for every service that asks for it; this is no service itself. */

export const catalogueSettings = {
  SERVICES_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Catalogue file: service to team, repositories, paths in a monorepo, artifact patterns',
    }),
  ),
};

/** A catalogue as it was read, and from where. */
export interface ReadCatalogue {
  readonly catalogue: Catalogue;
  /** Every file that has a part in it, the one of the setting first; none where it is not set. */
  readonly files: readonly string[];
}

/** The catalogue that the settings name. @throws {ConfigError} with every fault of it, each with its line */
export function readCatalogueConfig(env: Environment): ReadCatalogue {
  const { SERVICES_FILE: path } = readConfig(Type.Object(catalogueSettings), env);
  if (path === undefined) return { catalogue: emptyCatalogue, files: [] };
  const { faults, ...read } = readFiles(resolve(path));
  if (faults.length > 0) throw new ConfigError(faults.map(fault => `SERVICES_FILE ${fault}`));
  return read;
}

export interface FollowOptions {
  readonly logger: Logger;
  /** Another catalogue holds from now on. */
  readonly onChange?: (catalogue: Catalogue) => void;
  /** Pause between two looks at the files. Default 1 s. */
  readonly everyMs?: number;
}

export interface FollowedCatalogue {
  current(): Catalogue;
  stop(): void;
}

/** Keeps a catalogue as its files are. A version with faults is logged, and the last good one holds on. */
export function followCatalogue(read: ReadCatalogue, options: FollowOptions): FollowedCatalogue {
  const { logger, onChange, everyMs } = options;
  let { catalogue, files } = read;
  let known: readonly string[] = [];
  const [path] = files;
  if (path === undefined) return { current: () => catalogue, stop: () => {} };

  const reload = () => {
    const { faults, ...next } = readFiles(path);
    // A broken file may hide others, and they are looked at all the same.
    files = faults.length > 0 ? [...new Set([...files, ...next.files])] : next.files;
    if (faults.length > 0 && !isDeepStrictEqual(faults, known))
      logger.error(
        { file: path, faults: faults.slice(0, 20) },
        'SERVICES_FILE has faults; the version before holds on',
      );
    known = faults;
    if (faults.length > 0) return;
    if (isDeepStrictEqual(next.catalogue, catalogue)) return;
    catalogue = next.catalogue;
    logger.info({ file: path, services: catalogue.services.length }, 'the catalogue was read again');
    onChange?.(catalogue);
  };
  const watch = watchFiles({
    paths: () => files,
    onChange: reload,
    ...(everyMs !== undefined && { everyMs }),
  });
  return { current: () => catalogue, stop: () => watch.stop() };
}

interface Placed {
  readonly file: string;
  readonly document: YamlDocument;
}

function readFiles(path: string): ReadCatalogue & { readonly faults: readonly string[] } {
  const files: string[] = [];
  const placed: Placed[] = [];
  const faults: string[] = [];
  /** The file of the setting needs no name. */
  const at = (file: string, line: number) =>
    file === path ? `line ${line}` : `${relative(dirname(path), file)} line ${line}`;

  const read = (file: string, from: string | null) => {
    if (files.includes(file)) return;
    files.push(file);
    const text = textOf(file);
    if (text instanceof Error) {
      faults.push(
        from === null ? `cannot be read: ${text.message}` : `${from}: cannot be read: ${text.message}`,
      );
      return;
    }
    const parsed = parseYaml(text);
    faults.push(...parsed.faults.map(({ line, detail }) => `${at(file, line)}: ${detail}`));
    for (const document of parsed.documents) {
      placed.push({ file, document });
      for (const { target, path: step } of targetsOf(document.value)) {
        const found = filesOf(file, target);
        const here = at(file, document.lineOf(step));
        if (found.length === 0) faults.push(`${here}: there is no file ${target}`);
        for (const each of found) read(each, here);
      }
    }
  };
  read(path, null);

  const told = catalogueOf(placed.map(({ document }) => document.value));
  for (const { document: index, path: step, detail } of told.faults) {
    const place = placed[index];
    if (place) faults.push(`${at(place.file, place.document.lineOf(step))}: ${withName(step, detail)}`);
  }
  if (faults.length === 0 && placed.every(({ document }) => document.value === null))
    faults.push('is empty; write `services: []` where there is nothing to say');
  return { catalogue: told.catalogue, files, faults };
}

function textOf(file: string): string | Error {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What a `Location` names, from the folder of its own file; a `*` stands for several. */
function filesOf(from: string, target: string): string[] {
  const folder = dirname(from);
  if (!target.includes('*')) return [isAbsolute(target) ? target : resolve(folder, target)];
  return globSync(target, { cwd: folder })
    .sort()
    .map(found => resolve(folder, found));
}

function withName(path: readonly string[], detail: string): string {
  const name = path.map(step => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('');
  return name === '' ? `the document ${detail}` : `${name.replace(/^\./, '')} ${detail}`;
}
