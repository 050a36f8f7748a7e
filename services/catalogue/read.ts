import { globSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { Type } from 'typebox';
import { targetsOf } from '../../domain/catalogue/backstage.ts';
import { type Catalogue, emptyCatalogue } from '../../domain/catalogue/model.ts';
import { parseCatalogue } from '../../domain/catalogue/parse.ts';
import { must } from '../../domain/must.ts';
import { ConfigError, type Environment, readConfig } from '../../platform/process/config.ts';
import { parseYaml, type YamlDocument } from '../../platform/process/yaml-file.ts';

export const catalogueSettings = {
  SERVICES_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Catalogue file: service to team, repositories, paths in a monorepo, artifact patterns',
    }),
  ),
};

/** A catalogue and the files that it was read from. */
export interface ReadCatalogue {
  readonly catalogue: Catalogue;
  /** All files of the catalogue, the one in the setting first; empty if the setting is absent. */
  readonly files: readonly string[];
}

/** Reads the catalogue that the settings name. @throws {ConfigError} with every fault, each with its line */
export function readCatalogueConfig(env: Environment): ReadCatalogue {
  const { SERVICES_FILE: path } = readConfig(Type.Object(catalogueSettings), env);
  if (path === undefined) return { catalogue: emptyCatalogue, files: [] };
  const { faults, ...read } = readCatalogueFiles(resolve(path));
  if (faults.length > 0) throw new ConfigError(faults.map(fault => `SERVICES_FILE ${fault}`));
  return read;
}

interface SourceDocument {
  readonly file: string;
  readonly document: YamlDocument;
}

/** Reads a catalogue file and the files that it includes. With a fault, the catalogue is incomplete. */
export function readCatalogueFiles(path: string): ReadCatalogue & { readonly faults: readonly string[] } {
  const files: string[] = [];
  const sources: SourceDocument[] = [];
  const faults: string[] = [];
  /** The position of a fault; the file in the setting needs no name. */
  const at = (file: string, line: number) =>
    file === path ? `line ${line}` : `${relative(dirname(path), file)} line ${line}`;

  const read = (file: string, includedAt: string | null) => {
    if (files.includes(file)) return;
    files.push(file);
    const text = textOf(file);
    if (text instanceof Error) {
      faults.push(
        includedAt === null
          ? `cannot be read: ${text.message}`
          : `${includedAt}: cannot be read: ${text.message}`,
      );
      return;
    }
    const parsed = parseYaml(text);
    faults.push(...parsed.faults.map(({ line, detail }) => `${at(file, line)}: ${detail}`));
    for (const document of parsed.documents) {
      sources.push({ file, document });
      for (const { target, path: targetPath } of targetsOf(document.value)) {
        const included = filesOf(file, target);
        const position = at(file, document.lineOf(targetPath));
        if (included.length === 0) faults.push(`${position}: there is no file ${target}`);
        for (const each of included) read(each, position);
      }
    }
  };
  read(path, null);

  const parsed = parseCatalogue(sources.map(({ document }) => document.value));
  for (const { document: index, path: field, detail } of parsed.faults) {
    const { file, document } = must(sources[index], `document ${index} of the catalogue`);
    faults.push(`${at(file, document.lineOf(field))}: ${withField(field, detail)}`);
  }
  if (faults.length === 0 && sources.every(({ document }) => document.value === null))
    faults.push('is empty; write `services: []` where there is nothing to say');
  return { catalogue: parsed.catalogue, files, faults };
}

function textOf(file: string): string | Error {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The files that the target of a `Location` names, relative to its own file; a `*` matches several. */
function filesOf(file: string, target: string): string[] {
  const folder = dirname(file);
  if (!target.includes('*')) return [isAbsolute(target) ? target : resolve(folder, target)];
  return globSync(target, { cwd: folder })
    .sort()
    .map(match => resolve(folder, match));
}

function withField(path: readonly string[], detail: string): string {
  const name = path.map(step => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('');
  return name === '' ? `the document ${detail}` : `${name.replace(/^\./, '')} ${detail}`;
}
