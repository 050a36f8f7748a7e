import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const found = (pattern: string) =>
  globSync(pattern, { cwd: root, exclude: path => path.includes('node_modules') }).sort();

const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/**/*.md'].flatMap(found);
const files = '(ts|mjs|js|json|jsonc|md|yml|yaml|sql|example)';

/** The paths of this repository that a document names in backticks; what only looks like one is left out. */
function pathsIn(document: string): string[] {
  const prose = readFileSync(join(root, document), 'utf8').replace(/```.*?```/gs, '');
  const named = [...prose.matchAll(/`([^`\s]+)`/g)].map(([, text = '']) => text);
  return [...new Set(named)].filter(isPath);
}

function isPath(text: string): boolean {
  // An HTTP path, a URL, a glob, a placeholder, a folder that running makes (`./data`)
  if (!/^(\.\w|\w)[\w./-]*$/.test(text) || /^[A-Z]+\/[A-Z]+$/.test(text)) return false;
  const isMediaType = /^(application|text)\/[\w.-]+$/.test(text);
  return (text.includes('/') && !isMediaType) || new RegExp(`^[\\w.-]+\\.${files}$`).test(text);
}

/** A path from the root, or a bare name that some folder has, such as `main.ts` or `sources/`. */
function exists(path: string): boolean {
  if (existsSync(join(root, path))) return true;
  const isBare = !path.replace(/\/$/, '').includes('/');
  return isBare && found(`{services,cli,domain,store,platform}/**/${path}`).length > 0;
}

test('the documents are there', () => {
  expect(documents).toEqual(expect.arrayContaining(['ARCHITECTURE.md', 'README.md']));
});

test.each(documents)('every path that %s names exists', document => {
  expect(pathsIn(document).filter(path => !exists(path))).toEqual([]);
});

/** The settings of every service, by the name of their environment variable. */
async function settings(): Promise<Set<string>> {
  const names = new Set<string>();
  for (const path of found('services/*/config.ts')) {
    const exported: Record<string, unknown> = await import(join(root, path));
    for (const [name, value] of Object.entries(exported))
      if (name.endsWith('Settings') && typeof value === 'object' && value !== null)
        for (const setting of Object.keys(value)) names.add(setting);
  }
  return names;
}

/** Kafka's settings belong to the distributed run, OpenTelemetry reads its own. */
const elsewhere = /^(KAFKA|OTEL)_/;

test('.env.example names every setting, and no others', async () => {
  const example = readFileSync(join(root, '.env.example'), 'utf8');
  const named = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name);
  expect(named).toEqual([...new Set(named)]);
  const known = await settings();
  expect([...known].filter(name => !named.includes(name))).toEqual([]);
  const unread = named.filter(name => !known.has(name) && !elsewhere.test(name));
  expect(unread).toEqual([]);
});

test('every property takes the number of its runs from test/support/run/properties.ts', () => {
  // A sample with a seed is no property.
  const fixed = /^(?!.*\bseed:).*numRuns:\s(?!runs\()/m;
  expect(found('test/**/*.ts').filter(path => fixed.test(readFileSync(join(root, path), 'utf8')))).toEqual(
    [],
  );
});
