import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Which rooms a room may import, besides itself. A room is a folder with all that lies below it, up to a folder that
 * is a room of its own; a name that ends in `/` stands for every room below it.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'domain/events': [],
  'domain/delivery': ['domain/events'],
  'domain/metrics': ['domain/events', 'domain/must.ts'],
  'domain/catalogue': [],
  domain: ['domain/events', 'domain/delivery'],

  'platform/telemetry': ['platform/process', 'package.json'],
  'platform/process': ['platform/telemetry'],
  'platform/database': ['platform/telemetry'],
  'platform/http': ['platform/process'],
  'platform/kafka': ['platform/process', 'platform/telemetry'],

  migrations: [],
  'store/schema': ['domain/', 'platform/', 'migrations', 'store/sql'],
  'store/sql': ['domain/', 'platform/database', 'store/schema'],
  'store/read': ['domain/', 'store/schema', 'store/sql'],
  'store/derive': ['domain/', 'store/schema', 'store/sql', 'store/write'],
  'store/write': ['domain/', 'store/schema', 'store/sql', 'store/derive'],
  'store/rebuild': ['domain/', 'store/schema', 'store/sql', 'store/write'],
  'store/explain': ['domain/', 'store/schema', 'store/sql'],

  'services/catalogue': ['domain/', 'platform/'],
  'services/collector/': ['domain/', 'platform/', 'services/catalogue'],
  'services/consumer': ['domain/', 'platform/', 'store/schema', 'store/write'],
  'services/metrics/': ['domain/', 'platform/', 'services/catalogue', 'store/'],
  'services/standalone': [
    'domain/',
    'platform/',
    'services/catalogue',
    'services/collector/',
    'services/metrics/',
    'store/',
  ],

  'cli/': ['domain/', 'platform/', 'services/', 'store/'],
  dashboards: ['domain/'],
  demo: ['domain/', 'platform/', 'services/collector/', 'services/standalone', 'store/'],
  'bench/': ['domain/', 'platform/', 'services/', 'store/', 'test'],
  test: ['domain/', 'platform/', 'services/', 'store/', 'migrations', 'cli/', 'dashboards', 'demo', 'bench/'],
};

/** Libraries that one room alone may import: what knows Kafka, PostgreSQL, Prometheus… is in one place. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ['platform/kafka'],
  pg: ['platform/database'],
  '@electric-sql/pglite': ['platform/database'],
  '@opentelemetry/': ['platform/telemetry'],
  pino: ['platform/telemetry'],
  kysely: ['platform/database', 'store/', 'migrations'],
  'prom-client': ['platform/http', 'services/'],
  fastify: ['platform/http', 'platform/telemetry', 'services/'],
  echarts: ['services/metrics/'],
  commander: ['cli/'],
  nodemailer: ['cli/'],
  '@grafana/grafana-foundation-sdk': ['dashboards'],
  ajv: ['domain/', 'services/collector/', 'platform/process'],
};
/** All that `domain/` may import from outside: the schema library, and the hash of an event's identity. */
const librariesOfDomain = ['typebox', 'ajv', 'node:crypto'];

const files = globSync(
  '{domain,platform,migrations,store,services,cli,dashboards,demo,bench,test}/**/*.{ts,mjs}',
  {
    cwd: root,
    exclude: path => path.includes('.cache'),
  },
).sort();
const roomNames = Object.keys(rooms).toSorted((a, b) => b.length - a.length);

const isWithin = (path: string, room: string) =>
  path === room.replace(/\/$/, '') || path.startsWith(room.endsWith('/') ? room : `${room}/`);
const roomOf = (path: string) => roomNames.find(room => isWithin(path, room));

interface Import {
  readonly from: string;
  /** A path from the root, or the name of a library. */
  readonly to: string;
  readonly isLibrary: boolean;
}

const imports: readonly Import[] = files.flatMap(from => {
  const text = readFileSync(join(root, from), 'utf8');
  const specifiers = text.matchAll(
    /^(?:import|export)\b[^'"`=]*? from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  return [...specifiers].map(([, ...names]) => {
    const name = names.find(found => found !== undefined) ?? '';
    const isLibrary = !name.startsWith('.');
    return { from, to: isLibrary ? name : normalize(join(dirname(from), name)), isLibrary };
  });
});

describe('imports', () => {
  test('are found', () => {
    expect(files.length).toBeGreaterThan(400);
    expect(imports.filter(({ isLibrary }) => !isLibrary).length).toBeGreaterThan(1_000);
  });

  test('every file is in a room', () => {
    expect(files.filter(path => roomOf(path) === undefined)).toEqual([]);
  });

  test('go from room to room as the table says', () => {
    const wrong = imports.filter(({ from, to, isLibrary }) => {
      const room = roomOf(from) ?? '';
      const isAllowed = [room, ...(rooms[room] ?? [])].some(allowed => isWithin(to, allowed));
      return !isLibrary && !isAllowed;
    });
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('every permission of the table is used', () => {
    const unused = Object.entries(rooms).flatMap(([room, allowed]) =>
      allowed
        .filter(to => !imports.some(edge => roomOf(edge.from) === room && isWithin(edge.to, to)))
        .map(to => `${room} → ${to}`),
    );
    expect(unused).toEqual([]);
  });

  test('no service imports another; only standalone composes them', () => {
    const serviceOf = (path: string) =>
      /^services\/(collector|consumer|metrics|standalone)\//.exec(path)?.[1];
    const wrong = imports.filter(({ from, to }) => {
      const [one, other] = [serviceOf(from), serviceOf(to)];
      return one !== undefined && other !== undefined && one !== other && one !== 'standalone';
    });
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('a library is imported in its room only', () => {
    const wrong = imports.filter(({ from, to, isLibrary }) => {
      if (!isLibrary || isWithin(from, 'test') || isWithin(from, 'bench')) return false;
      if (isWithin(from, 'domain')) return !librariesOfDomain.includes(to);
      const name = Object.keys(libraries).find(library => to === library || isWithin(to, library));
      return name !== undefined && !(libraries[name] ?? []).some(room => isWithin(from, room));
    });
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('have no circles, types included', () => {
    const targets = Map.groupBy(
      imports.filter(({ isLibrary }) => !isLibrary),
      ({ from }) => from,
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' → '));
      if (way.includes(path) || done.has(path)) return;
      for (const { to } of targets.get(path) ?? []) visit(to, [...way, path]);
      done.add(path);
    };
    for (const path of files) visit(path, []);
    expect(circles).toEqual([]);
  });
});
