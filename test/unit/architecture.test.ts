import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const found = (pattern: string) =>
  globSync(pattern, { cwd: root, exclude: path => path.includes('node_modules') }).sort();

const documents = ['*.md', 'docs/**/*.md', '.github/*.md', 'bench/*.md'].flatMap(found);
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

/** What a document names in the form `npm run NAME`, in its prose and its examples; `npm test` is short for `npm run test`. */
function scriptsIn(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8').replace(/\s+/g, ' ');
  const run = [...text.matchAll(/npm (?:--\S+ )?run (?:--\S+ )?([a-z][\w:-]*\w)/g)].map(
    ([, name = '']) => name,
  );
  const short = [...text.matchAll(/npm (start|test)\b/g)].map(([, name = '']) => name);
  return [...new Set([...run, ...short])];
}

test.each(documents)('every npm script that %s names exists', document => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(scriptsIn(document).filter(name => !(name in scripts))).toEqual([]);
});

test('CONTRIBUTING.md lists what the tests need as test/prerequisites.sh does', () => {
  const script = execFileSync('bash', ['test/prerequisites.sh', 'list'], { cwd: root, encoding: 'utf8' });
  const wanted = script
    .trimEnd()
    .split('\n')
    .map(line => line.trim().split(/ {2,}/));
  const rows = [
    ...readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').matchAll(/^\| (.+) \| `(.+)` \| (.+) \|$/gm),
  ];
  const listed = rows.map(([, name = '', debian = '', purpose = '']) => [name, debian, purpose]);
  expect(listed).toEqual(wanted);
});

test('the folders of test/unit are those of the code', () => {
  const folders = new Set(
    found('test/unit/*/**/*.test.ts').map(path => dirname(path).replace('test/unit/', '')),
  );
  expect([...folders].filter(folder => !existsSync(join(root, folder)))).toEqual([]);
});

test('unit tests need no server', () => {
  const starts =
    /support\/(databases\/(databases|server)|kafka\/(server|topic))\.ts|import \{[^}]*\binject\b/;
  const others = found('test/unit/*/**/*.ts');
  expect(others.filter(path => starts.test(readFileSync(join(root, path), 'utf8')))).toEqual([]);
});

test('.nvmrc names the Node.js that the packages bring', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const major = readFileSync(join(root, '.nvmrc'), 'utf8').trim();
  expect(dependencies.node.split('.')[0]).toBe(major);
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
