import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  changesOfFlag,
  environmentNamed,
  nameOfImage,
  serviceNamed,
  servicesOfRepository,
} from '../../../../domain/catalogue/lookup.ts';
import { defaultAlertLabels, emptyCatalogue } from '../../../../domain/catalogue/model.ts';
import { ConfigError } from '../../../../platform/process/config.ts';
import { createLogger, silentLogger } from '../../../../platform/telemetry/log.ts';
import { followCatalogue } from '../../../../services/catalogue/follow.ts';
import { readCatalogueConfig } from '../../../../services/catalogue/read.ts';
import { waitFor } from '../../../support/product/process.ts';
import { runs } from '../../../support/run/properties.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'firstlight-catalogue-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function fileOf(text: string, name = 'services.yaml'): string {
  const path = join(folder(), name);
  writeFileSync(path, text);
  return path;
}

const read = (path: string) => readCatalogueConfig({ SERVICES_FILE: path });
const catalogueOf = (text: string) => read(fileOf(text)).catalogue;

function problemsOf(path: string): readonly string[] {
  try {
    read(path);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the examples', () => {
  const { catalogue } = read('examples/catalogue/services.yaml');

  test('map the names of tools to services, changes and environments', () => {
    const { entry } = serviceNamed(catalogue, ['shop-checkout']);
    expect(entry).toMatchObject({ name: 'checkout', team: 'payments', controller: 'argo-rollouts' });
    expect(nameOfImage(entry, 'ghcr.io/acme/checkout:3f2a91c')).toEqual({ change: '3f2a91c' });
    const touching = (file: string) =>
      servicesOfRepository(catalogue, 'Acme/Shop', [file]).map(({ name }) => name);
    expect(touching('services/search/main.go')).toEqual(['search']);
    expect(touching('apps/web/index.ts')).toEqual(['web']);
    expect(touching('README.md')).toEqual([]);
    const search = serviceNamed(catalogue, ['search']).entry;
    expect(environmentNamed(catalogue, search, 'prod-eu')).toBe('production-eu');
    expect(environmentNamed(catalogue, search, 'stg')).toBe('staging');
    expect(changesOfFlag(catalogue, 'new-invoice-layout').map(({ change }) => change)).toEqual([
      'billing/backend/invoices!42',
    ]);
    expect(catalogue.mappings['pager']).toMatchObject({ incident: '/id', resolved: ['closed'] });
    expect(catalogue.alerts.change).toEqual(defaultAlertLabels.change);
  });

  test('describe the same service in both forms', () => {
    const backstage = read('examples/catalogue/catalog-info.yaml').catalogue;
    for (const name of ['checkout', 'invoices'])
      expect({ ...serviceNamed(backstage, [name]).entry, aliases: [] }).toEqual({
        ...serviceNamed(catalogue, [name]).entry,
        aliases: [],
      });
    expect(serviceNamed(backstage, ['checkout']).entry?.aliases).toEqual([
      'checkout-rollout',
      'shop-checkout',
    ]);
    expect(serviceNamed(backstage, ['search']).entry).toMatchObject({
      team: 'discovery',
      repositories: ['acme/shop'],
      paths: ['services/search'],
      environments: { 'prod-eu': 'production-eu' },
    });
    expect(backstage.environments).toEqual(catalogue.environments);
  });
});

describe('reading', () => {
  test('without a file, the catalogue is empty', () => {
    expect(readCatalogueConfig({})).toEqual({ catalogue: emptyCatalogue, files: [] });
  });

  test('JSON, with tabs too', () => {
    const { services } = catalogueOf('{\n\t"services": [{"name": "checkout", "paths": ["./a/", "b/**"]}]\n}');
    expect(services).toMatchObject([{ name: 'checkout', paths: ['a', 'b'] }]);
  });

  test('anchors and merge keys', () => {
    const text = 'services:\n  - &one {name: one, team: shop}\n  - {<<: *one, name: two}\n';
    expect(catalogueOf(text).services.map(({ name, team }) => [name, team])).toEqual([
      ['one', 'shop'],
      ['two', 'shop'],
    ]);
  });

  test('repositories as addresses', () => {
    const text =
      'services: [{name: a, repositories: ["https://github.com/acme/a.git", "git@git.acme.dev:b/c/d"]}]';
    expect(catalogueOf(text).services[0]?.repositories).toEqual(['acme/a', 'b/c/d']);
  });

  test("Backstage's components of GitLab, without entities of other kinds", () => {
    const text = [
      'apiVersion: backstage.io/v1beta1\nkind: System\nmetadata: {name: shop}',
      'apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: invoices\n  annotations:',
      '    backstage.io/source-location: url:https://gitlab.acme.dev/billing/backend/invoices/-/tree/main/apps/api/',
      'spec: {owner: "user:default/ada"}\n---\n',
    ];
    expect(catalogueOf(`${text[0]}\n---\n${text.slice(1).join('\n')}`).services).toMatchObject([
      { name: 'invoices', team: 'ada', repositories: ['billing/backend/invoices'], paths: ['apps/api'] },
    ]);
  });

  test('the files that a Location includes, each once', () => {
    const root = folder();
    const component = (name: string) =>
      `apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: ${name}}\n`;
    mkdirSync(join(root, 'services', 'a'), { recursive: true });
    mkdirSync(join(root, 'services', 'b'));
    writeFileSync(join(root, 'services', 'a', 'catalog-info.yaml'), component('a'));
    writeFileSync(join(root, 'services', 'b', 'catalog-info.yaml'), component('b'));
    const path = join(root, 'catalog-info.yaml');
    const targets = '[./services/*/catalog-info.yaml, ./services/a/catalog-info.yaml, ./catalog-info.yaml]';
    writeFileSync(path, `apiVersion: backstage.io/v1alpha1\nkind: Location\nspec:\n  targets: ${targets}\n`);
    expect(read(path).catalogue.services.map(({ name }) => name)).toEqual(['a', 'b']);
    writeFileSync(join(root, 'services', 'b', 'catalog-info.yaml'), `${component('b')}kind: System\n`);
    expect(problemsOf(path)[0]).toMatch(/^SERVICES_FILE services\/b\/catalog-info\.yaml line 4: /);
  });
});

describe('a fault has its line', () => {
  test.each<[string, string, string[]]>([
    [
      'a misspelt field',
      'services:\n  - name: checkout\n    tema: shop\n',
      ['line 3: services[0].tema is no field that is known here'],
    ],
    [
      'several faults',
      'services:\n  - team: shop\n  - name: 5\n    paths: {a: b}\nalert: {}\n',
      [
        'line 5: alert is no field that is known here',
        'line 2: services[0] lacks the field name',
        'line 3: services[1].name must be a text (in quotes where it looks like a number)',
        'line 4: services[1].paths must be a text (in quotes where it looks like a number) or a list',
      ],
    ],
    [
      'one name for two services',
      'services:\n  - name: a\n    aliases:\n      - b\n  - name: b\n',
      ['line 5: services[1].name "b" stands for the service a already'],
    ],
    [
      'a service twice',
      'services:\n- name: a\n\n- name: a\n',
      ['line 4: services[1].name "a" is another service already'],
    ],
    [
      'a pattern with two changes',
      "services:\n- name: a\n  artifacts:\n  - x\n  - 'x:{change}-{change}'\n",
      ['line 5: services[0].artifacts[1] may hold {change} once'],
    ],
    [
      'a repository without an owner',
      'services:\n- name: a\n  repositories: shop\n',
      ['line 3: services[0].repositories must be owner/name'],
    ],
    [
      'an invalid pointer',
      'mappings:\n  pager: {incident: id, status: /s, detected: a, resolved: b}\n',
      ['line 2: mappings.pager.incident must be a JSON Pointer, such as /alert/id'],
    ],
    ['a key twice', 'services:\n- name: a\n  team: b\n  team: c\n', ['line 4: Map keys must be unique']],
    ['no YAML', 'services:\n  - name: "a\n', ['line 3: Missing closing "quote']],
    ['no object', '- name: a\n', ['line 1: the document must be an object with fields']],
    ['nothing', '# later\n', ['is empty; write `services: []` where there is nothing to say']],
    [
      'an unknown annotation',
      'apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: a\n  annotations:\n    firstlight.dev/path: x\n',
      ['line 6: metadata.annotations.firstlight.dev/path is no annotation that is known here'],
    ],
    [
      'a Location at another host',
      'apiVersion: backstage.io/v1alpha1\nkind: Location\nspec:\n  targets:\n  - https://example.org/a.yaml\n',
      ['line 5: spec.targets[0] must be a file: what lies elsewhere is not fetched'],
    ],
    [
      'a missing file',
      'apiVersion: backstage.io/v1alpha1\nkind: Location\nspec:\n  target: ./other.yaml\n',
      ['line 4: cannot be read: ENOENT'],
    ],
  ])('%s', (_, text, problems) => {
    const found = problemsOf(fileOf(text));
    expect(found).toEqual(problems.map(problem => expect.stringContaining(`SERVICES_FILE ${problem}`)));
    expect(found).toHaveLength(problems.length);
  });

  test('a file that cannot be read', () => {
    expect(problemsOf('/nowhere/services.yaml')).toEqual([
      expect.stringMatching(/^SERVICES_FILE cannot be read: ENOENT/),
    ]);
  });
});

test('for any text, each fault is a sentence with its line', () => {
  const path = fileOf('');
  const examples = ['services.yaml', 'catalog-info.yaml'].map(name =>
    readFileSync(`examples/catalogue/${name}`, 'utf8'),
  );
  const odd = fc.constantFrom(
    '',
    ' ',
    '\n',
    '\t',
    ':',
    '- ',
    '*a',
    '&a ',
    '{',
    ']',
    '"',
    '#',
    '---\n',
    '5',
    '<<: ',
    '\0',
  );
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(30), odd), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.constantFrom(...examples), edits, (text, all) => {
      const edited = all.reduce((now, [at, length, by]) => {
        const position = at % (now.length + 1);
        return now.slice(0, position) + by + now.slice(position + length);
      }, text);
      writeFileSync(path, edited);
      for (const problem of problemsOf(path))
        expect(problem).toMatch(/^SERVICES_FILE (line \d+: .|is empty)/);
    }),
    { numRuns: runs(300) },
  );
});

describe('a change of the file', () => {
  const one = (team: string) => `services:\n  - name: checkout\n    team: ${team}\n`;

  function follow(path: string, logger = silentLogger) {
    const reported: (string | undefined)[] = [];
    const followed = followCatalogue(read(path), {
      logger,
      everyMs: 5,
      onChange: ({ services }) => reported.push(services[0]?.team),
    });
    onTestFinished(() => followed.stop());
    return { followed, reported, team: () => followed.current().services[0]?.team };
  }

  test('is read when the file is written in place, and when another file replaces it', async () => {
    const path = fileOf(one('payments'));
    const { reported, team } = follow(path);
    expect(team()).toBe('payments');
    writeFileSync(path, one('orders'));
    await waitFor(() => team() === 'orders');
    writeFileSync(`${path}.new`, one('checkout'));
    renameSync(`${path}.new`, path);
    await waitFor(() => team() === 'checkout');
    expect(reported).toEqual(['orders', 'checkout']);
  });

  test('is read when Kubernetes swaps the link above a mounted ConfigMap', async () => {
    const root = folder();
    const version = (name: string, team: string) => {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'services.yaml'), one(team));
      symlinkSync(name, join(root, '..data_tmp'));
      renameSync(join(root, '..data_tmp'), join(root, '..data'));
    };
    version('..2026_11_21_01', 'payments');
    symlinkSync(join('..data', 'services.yaml'), join(root, 'services.yaml'));
    const { team } = follow(join(root, 'services.yaml'));
    version('..2026_11_21_02', 'orders');
    rmSync(join(root, '..2026_11_21_01'), { recursive: true });
    await waitFor(() => team() === 'orders');
  });

  test('with a fault is logged once, with its line, and the version before stays', async () => {
    const lines: string[] = [];
    const destination = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    const path = fileOf(one('payments'));
    const { reported, team } = follow(path, createLogger({ name: 'test', destination }));
    writeFileSync(path, 'services:\n  - name: checkout\n    tema: x\n');
    await waitFor(() => lines.length > 0);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      faults: ['line 3: services[0].tema is no field that is known here'],
    });
    expect(team()).toBe('payments');
    unlinkSync(path);
    await waitFor(() => lines.length > 1);
    expect(lines[1]).toContain('cannot be read');
    expect(team()).toBe('payments');
    writeFileSync(path, one('orders'));
    await waitFor(() => team() === 'orders');
    expect(reported).toEqual(['orders']);
    expect(lines).toHaveLength(3);
  });

  test('that gives the same catalogue is not reported', async () => {
    const path = fileOf(one('payments'));
    const { reported, team } = follow(path);
    writeFileSync(path, `# the same\n${one('payments')}`);
    writeFileSync(`${path}.json`, '');
    writeFileSync(path, one('orders'));
    await waitFor(() => team() === 'orders');
    expect(reported).toEqual(['orders']);
  });
});
