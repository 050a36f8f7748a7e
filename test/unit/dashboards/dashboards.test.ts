import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { dashboardFiles, defaultUrl } from '../../../dashboards/src/all.ts';
import { readText, root } from '../../support/compose/file.ts';
import { panelsOf, readDashboards } from '../../support/monitoring/dashboards.ts';

const dashboards = readDashboards();

test('the files are what the code makes: npm run dashboards', () => {
  const made = dashboardFiles(defaultUrl);
  const files = globSync('dashboards/grafana/dashboards/*.json', { cwd: root });
  expect(files.map(file => basename(file)).toSorted()).toEqual([...made.keys()].toSorted());
  for (const [name, text] of made)
    expect(readText(`dashboards/grafana/dashboards/${name}`) === text, `${name} is fresh`).toBe(true);
});

test('another address of the weekly page is all that changes with it', () => {
  const elsewhere = 'https://firstlight.example.com';
  for (const [name, text] of dashboardFiles(elsewhere)) {
    expect(text).toContain(elsewhere);
    expect(text.replaceAll(elsewhere, defaultUrl)).toBe(dashboardFiles(defaultUrl).get(name));
  }
});

test('the data sources are those that are provisioned', () => {
  const { datasources } = parse(readText('dashboards/grafana/provisioning/datasources/firstlight.yml'));
  const known = new Map(datasources.map((of: { uid: string; type: string }) => [of.uid, of.type]));
  for (const { templating } of dashboards)
    for (const { type, query, current } of templating.list)
      if (type === 'datasource') expect(known.get(current?.value)).toBe(query);
});

test('each links to the others, with its variables, and to the weekly page', () => {
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  for (const { links, tags } of dashboards) {
    expect(tags).toContain('firstlight');
    expect(links).toMatchObject([
      { type: 'dashboards', tags: ['firstlight'], asDropdown: true, includeVars: true },
      { type: 'link', title: 'Weekly page', url: expect.stringMatching(/^\$\{firstlight\}\//) },
    ]);
  }
  const targets = dashboards.flatMap(of => [...JSON.stringify(of).matchAll(/\/d\/([\w-]+)/g)]);
  expect(targets.length).toBeGreaterThan(0);
  for (const [, uid] of targets) expect(dashboards.map(of => of.uid)).toContain(uid);
});

describe.each(dashboards)('$title', dashboard => {
  test('cannot be edited, and asks for its variables when the time changes', () => {
    expect(dashboard.editable).toBe(false);
    expect(dashboard.description).toMatch(/\.$/);
    for (const variable of dashboard.templating.list)
      if (variable.type === 'query') expect([variable.name, variable.refresh]).toEqual([variable.name, 2]);
  });

  test('says of each panel what it means, in which unit, and what it says without data', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { title, description, targets, fieldConfig } of panelsOf(dashboard)) {
      expect(title).not.toBe('');
      expect([title, description]).toEqual([title, expect.stringMatching(/\w{3}.*\.$/)]);
      expect([title, targets?.length]).toEqual([title, expect.any(Number)]);
      expect([title, fieldConfig?.defaults]).toEqual([
        title,
        expect.objectContaining({ unit: expect.any(String), noValue: expect.any(String) }),
      ]);
    }
  });

  test('names its data sources by variables, so that another Grafana can choose its own', () => {
    const names = dashboard.templating.list
      .filter(({ type }) => type === 'datasource')
      .map(({ name }) => name);
    const used = [
      ...panelsOf(dashboard).flatMap(({ targets = [] }) => targets.map(({ datasource }) => datasource.uid)),
      ...dashboard.annotations.list.map(({ datasource }) => datasource.uid),
      ...dashboard.templating.list.flatMap(({ datasource }) => datasource?.uid ?? []),
    ];
    expect(new Set(used)).toEqual(new Set(names.map(name => `\${${name}}`)));
  });
});

test('rollbacks, incidents and flag changes are marked wherever a service, a team or the fleet is shown', () => {
  const marked = dashboards.filter(({ annotations }) => (annotations.list ?? []).length > 0);
  expect(marked.map(({ file }) => basename(file))).toEqual([
    'overview.json',
    'rollouts.json',
    'service.json',
    'weekly.json',
  ]);
  for (const { annotations } of marked)
    expect(annotations.list.map(({ name }) => name)).toEqual(['Rollbacks', 'Incidents', 'Flag changes']);
});

test('what the linter is told to pass over has a reason, and still exists', () => {
  const { exclusions } = parse(readText('dashboards/grafana/dashboards/.lint'));
  for (const rule of Object.values<{
    reason: string;
    entries?: { dashboard: string; panel?: string }[];
  }>(exclusions)) {
    expect(rule.reason).toMatch(/\w+ \w+.*\.$/);
    for (const entry of rule.entries ?? []) {
      const dashboard = dashboards.find(({ title }) => title === entry.dashboard);
      expect(dashboard?.title).toBe(entry.dashboard);
      if (entry.panel) expect(dashboard?.panels.map(({ title }) => title)).toContain(entry.panel);
    }
  }
});
