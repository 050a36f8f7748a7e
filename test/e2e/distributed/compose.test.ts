import { execFileSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { kafkaSettings } from '../../../platform/kafka/config.ts';
import {
  collectorProcessSettings,
  collectorSettings,
  webhookSettings,
} from '../../../services/collector/config.ts';
import { consumerSettings } from '../../../services/consumer/config.ts';
import { metricsProcessSettings, metricsSettings } from '../../../services/metrics/config.ts';
import { databaseSettings } from '../../../services/standalone/config.ts';
import { readCompose, readText, requiredVariables, root } from '../../support/compose/file.ts';
import { isSentToBuild, readImage } from '../../support/compose/image.ts';
import { isOwnImage } from '../../support/compose/locations.ts';
import { kafkaSettingsOf } from '../../support/compose/servers.ts';
import { type Replica, type Stack, startStack } from '../../support/compose/stack.ts';
import { waitFor } from '../../support/product/process.ts';
import { argumentsOf } from '../../support/product/service.ts';

// Characters with a special meaning in a URL, a shell or SQL.
const password = `p@ss/w:rd#%20'"$`;
const env = {
  INGEST_TOKEN: 'ingest-token',
  READ_TOKEN: 'read-token',
  WEBHOOK_TOKEN: 'webhook-token',
  POSTGRES_PASSWORD: password,
  GRAFANA_PASSWORD: 'grafana-password',
  GRAFANA_DATABASE_PASSWORD: `reader ${password}`,
};
const file = readCompose(env);
const services = Object.entries(file.services);
const image = readImage();
const manifest = JSON.parse(readText('package.json'));

describe('docker-compose.yml', () => {
  test('names a version of every image', () => {
    for (const [, { image }] of services) expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+(\.\d+)?(-[\w.]+)?$/);
    const own = new Set(
      services.map(([, { image }]) => image).filter(image => image.startsWith('firstlight:')),
    );
    expect([...own]).toEqual([`firstlight:${manifest.version}`]);
  });

  test('starts the services as npm does, with as little memory', () => {
    for (const name of ['collector', 'consumer', 'metrics'])
      expect(file.services[name]?.command).toEqual(['node', ...argumentsOf(name)]);
  });

  test('has a health check for every long-running service', () => {
    const checked = services.filter(([, { healthcheck }]) => healthcheck?.test?.[0] === 'CMD');
    const unchecked = services.filter(([, { healthcheck }]) => healthcheck?.disable === true);
    expect(checked.length + unchecked.length).toBe(services.length);
    expect(unchecked.map(([name, { restart }]) => [name, restart])).toEqual([['migrate', 'no']]);
  });

  test('waits only for services that exist, with a condition that can be met', () => {
    for (const [, { depends_on = {} }] of services)
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const ends = file.services[name]?.restart === 'no';
        expect([name, condition]).toEqual([
          name,
          ends ? 'service_completed_successfully' : 'service_healthy',
        ]);
      }
  });

  test('declares every volume and secret that it uses, and mounts files that exist', () => {
    const volumes = services.flatMap(([, service]) => service.volumes ?? []);
    const sources = volumes.map(volume => volume.split(':')[0] ?? '');
    expect(sources.filter(source => source.startsWith('./') && !existsSync(join(root, source)))).toEqual([]);
    expect(sources.filter(source => !source.startsWith('./')).toSorted()).toEqual(
      Object.keys(file.volumes).toSorted(),
    );
    const secrets = services.flatMap(([, service]) => service.secrets ?? []);
    expect(secrets.map(({ source }) => source).toSorted()).toEqual(Object.keys(file.secrets).toSorted());
    expect(secrets.every(({ mode }) => mode === 0o444)).toBe(true);
  });

  test('publishes ports on loopback only, and no port of the consumers', () => {
    const ports = services.flatMap(([name, { ports = [] }]) => ports.map(port => [name, port] as const));
    expect(ports.filter(([, port]) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
    expect(ports.map(([name]) => name)).not.toContain('consumer');
  });

  test('sets only variables that the service knows', () => {
    const known: Readonly<Record<string, object>> = {
      migrate: databaseSettings,
      collector: { ...collectorSettings, ...webhookSettings, ...collectorProcessSettings, ...kafkaSettings },
      consumer: { ...consumerSettings, ...kafkaSettings },
      metrics: { ...metricsSettings, ...metricsProcessSettings },
    };
    const ours = services.filter(([name]) => isOwnImage(file, name));
    expect(ours.map(([name]) => name).toSorted()).toEqual(Object.keys(known).toSorted());
    for (const [name, { environment = {} }] of ours) {
      const unknown = Object.keys(environment).filter(
        variable => !/^(OTEL|PG)/.test(variable) && !(variable in (known[name] ?? {})),
      );
      expect([name, unknown]).toEqual([name, []]);
    }
  });

  test('names a missing secret; the operations manual says how to create all of them', () => {
    expect(requiredVariables()).toEqual(Object.keys(env).toSorted());
    expect(() => readCompose({ ...env, INGEST_TOKEN: '' })).toThrow(/INGEST_TOKEN.*docs\/operations\.md/);
    for (const name of requiredVariables()) expect(readText('docs/operations.md')).toContain(name);
  });
});

describe('Dockerfile', () => {
  test('starts from the Node that the project uses', () => {
    const [first = '', ...others] = image.from;
    expect(first).toMatch(new RegExp(`^node:${manifest.dependencies.node}-\\w+-slim$`));
    expect(new Set(others)).toEqual(new Set(['base']));
  });

  test('runs as an unprivileged user and without a shell', () => {
    expect(image.user).toBe('node');
    expect(image.command).toEqual(['node', ...argumentsOf('standalone')]);
  });

  test('copies existing files of the build context, which has no others', () => {
    const paths = image.copied.map(({ from }) => from);
    expect(paths.filter(path => !isSentToBuild(path) || !existsSync(join(root, path)))).toEqual([]);
    const sent = [...readText('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path);
    expect(sent.toSorted()).toEqual([...paths, 'package-lock.json'].toSorted());
  });
});

interface Rule {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One test of `promtool test rules`. */
interface RuleTest {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts?: readonly unknown[];
  }[];
}

const ruleFiles = globSync('dashboards/prometheus/rules/*.yml', { cwd: root }).toSorted();
const rules = ruleFiles.flatMap(path =>
  (parse(readText(path)).groups as { readonly rules: readonly Rule[] }[]).flatMap(group => group.rules),
);

describe('the alerts', () => {
  test.each(rules)('$alert has a severity, a summary and advice', ({ alert, labels, annotations }) => {
    expect(labels).toEqual(
      alert.startsWith('Firstlight')
        ? {
            severity: expect.stringMatching(/^(critical|warning)$/),
            service: 'firstlight',
            environment: 'production',
          }
        : // Whose it is, the series say. Critical, it would become an incident of that service.
          { severity: 'warning' },
    );
    expect(annotations).toEqual({
      summary: expect.any(String),
      description: expect.any(String),
      runbook_url: `docs/operations.md#${alert.toLowerCase()}`,
    });
    expect(readText('docs/operations.md')).toContain(`\n### ${alert}\n`);
  });

  const tests = globSync('dashboards/prometheus/tests/*.test.yml', { cwd: root });

  test.each(rules)('$alert is tested firing and not firing', ({ alert }) => {
    const looks = tests
      .flatMap(path =>
        (parse(readText(path)).tests as readonly RuleTest[]).flatMap(one => one.alert_rule_test),
      )
      .filter(({ alertname }) => alertname === alert);
    expect(looks.some(({ exp_alerts = [] }) => exp_alerts.length > 0)).toBe(true);
    expect(looks.some(({ exp_alerts = [] }) => exp_alerts.length === 0)).toBe(true);
  });

  test('fire when they should, and do not fire when all is well', () => {
    expect(run('promtool', 'check', 'rules', ...ruleFiles)).toContain('SUCCESS');
    expect(run('promtool', 'test', 'rules', ...tests)).toContain('SUCCESS');
  });

  test('are in configurations that Prometheus and Alertmanager accept', () => {
    const config = 'dashboards/prometheus/prometheus.yml';
    // The files with the secrets exist in the containers only.
    expect(run('promtool', 'check', 'config', '--syntax-only', config)).toContain('SUCCESS');
    expect(run('amtool', 'check-config', 'dashboards/alertmanager/alertmanager.yml')).toContain('SUCCESS');
  });
});

describe('the whole stack, without containers', () => {
  let stack: Stack;
  let collector: Replica;
  let metrics: Replica;
  let prometheus: Replica;
  const consumers: Replica[] = [];

  beforeAll(async () => {
    stack = await startStack(env);
    await stack.run('migrate');
    [collector, metrics] = await Promise.all([stack.start('collector'), stack.start('metrics')]);
    consumers.push(...(await Promise.all([stack.start('consumer'), stack.start('consumer')])));
    stack.setLocation('collector:8080', Number(new URL(collector.url).port));
    prometheus = await stack.start('prometheus');
    await stack.start('alertmanager');
  });

  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]();
  });

  test('the health checks of Kafka and PostgreSQL succeed', async () => {
    await waitFor(() => stack.isHealthy('kafka'), { what: 'a healthy Kafka' });
    await waitFor(() => stack.isHealthy('postgres'), { what: 'a healthy PostgreSQL' });
  });

  test('Kafka knows every setting of the file', async () => {
    const broker = stack.locationOf('kafka:9092') ?? '';
    const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      const resource = { type: ConfigResourceTypes.BROKER, name: '1' };
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
      const entries = resources[0]?.configEntries ?? [];
      const known = Object.fromEntries(entries.map(entry => [entry.configName, entry.configValue]));
      expect(known).toMatchObject(kafkaSettingsOf(file));
    } finally {
      await admin.disconnect();
    }
  });

  test('an event goes from the collector to Prometheus, and requests without a token are refused', async () => {
    const event = { type: 'change_exposed', service: 'compose', change: 'c1' };
    const post = (authorization: Readonly<Record<string, string>>) =>
      fetch(`${collector.url}/v1/events`, {
        method: 'POST',
        body: JSON.stringify(event),
        headers: { 'content-type': 'application/json', ...authorization },
      });
    expect((await post({})).status).toBe(401);
    expect((await fetch(`${metrics.url}/metrics`)).status).toBe(401);
    const answer = await post({ authorization: `Bearer ${env.INGEST_TOKEN}` });
    expect([answer.status, await answer.json()]).toEqual([202, { accepted: 1 }]);
    const query = 'dora_exposed_changes{service="compose", environment="production", window="7d"} == 1';
    const shown = () => ask<unknown>(`query?query=${encodeURIComponent(query)}`, 'result');
    await expect.poll(shown, { timeout: 20_000 }).toHaveLength(1);
  });

  test('Prometheus scrapes every replica, has every rule and knows its Alertmanager', async () => {
    const jobs = [
      'alertmanager',
      'firstlight-collector',
      'firstlight-consumer',
      'firstlight-consumer',
      'firstlight-metrics',
      'prometheus',
    ];
    const scraped = async () => {
      const targets = await ask<Target>('targets', 'activeTargets');
      return targets.map(({ labels, health }) => `${labels.job} ${health}`).toSorted();
    };
    await expect.poll(scraped, { timeout: 20_000 }).toEqual(jobs.map(job => `${job} up`));
    const groups = await ask<{ readonly rules: readonly { readonly name: string }[] }>('rules', 'groups');
    expect(groups.flatMap(group => group.rules.map(({ name }) => name))).toEqual(
      rules.map(rule => rule.alert),
    );
    const alertmanagers = await ask<{ readonly url: string }>('alertmanagers', 'activeAlertmanagers');
    expect(alertmanagers).toEqual([{ url: `http://${stack.locationOf('alertmanager:9093')}/api/v2/alerts` }]);
  });

  test('Alertmanager posts only critical alerts to the collector', async () => {
    const labels = { service: 'firstlight', environment: 'production' };
    const alerts = [
      { labels: { ...labels, alertname: 'FirstlightDeadLetters', severity: 'warning' } },
      { labels: { ...labels, alertname: 'FirstlightDown', severity: 'critical' } },
    ];
    const answer = await fetch(`http://${stack.locationOf('alertmanager:9093')}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    expect(answer.status).toBe(200);
    // Not the warning: it is not an incident.
    const query = 'dora_open_incidents{service="firstlight", environment="production"} == 1';
    const shown = () => ask<unknown>(`query?query=${encodeURIComponent(query)}`, 'result');
    await expect.poll(shown, { timeout: 30_000 }).toHaveLength(1);
    const own = await fetch(`${collector.url}/metrics`, {
      headers: { authorization: `Bearer ${env.READ_TOKEN}` },
    });
    expect(await own.text()).toContain(
      'firstlight_events_accepted_total{source="alertmanager",type="incident_detected"} 1\n',
    );
  });

  test("Grafana's user may read the views of the migrations, and write nothing", async () => {
    const [host = '', port = ''] = (stack.locationOf('postgres:5432') ?? '').split(':');
    const { user, jsonData } = parse(
      readText('dashboards/grafana/provisioning/datasources/firstlight.yml'),
    ).datasources.find((each: { readonly uid: string }) => each.uid === 'firstlight-postgres');
    const reader = new Client({
      host,
      port: Number(port),
      user,
      database: jsonData.database,
      password: env.GRAFANA_DATABASE_PASSWORD,
    });
    await reader.connect();
    try {
      expect((await reader.query('select count(*) from event')).rows).toHaveLength(1);
      await expect(reader.query('delete from event')).rejects.toThrow(/read-only/);
      await reader.query('set default_transaction_read_only = off');
      await expect(reader.query('delete from event')).rejects.toThrow(/permission denied/);
    } finally {
      await reader.end();
    }
  });

  test('the image alone is the standalone product', async () => {
    const product = await stack.startImage({ INGEST_TOKEN: 'token' });
    expect((await fetch(`${product.url}/readyz`)).status).toBe(200);
    product.process.kill('SIGTERM');
    expect(await product.process.exited).toEqual({ code: 0, signal: null });
  });

  test('every service ends cleanly on the signal that Docker sends', async () => {
    const replicas = [collector, metrics, ...consumers];
    for (const { process } of replicas) process.kill('SIGTERM');
    for (const { process } of replicas) expect(await process.exited).toEqual({ code: 0, signal: null });
    expect(await collector.isHealthy()).toBe(false);
  });

  /** A list in an answer of Prometheus's API. */
  async function ask<T>(path: string, list: string): Promise<readonly T[]> {
    const answer = await fetch(`${prometheus.url}/api/v1/${path}`);
    const { data } = (await answer.json()) as { readonly data: Readonly<Record<string, readonly T[]>> };
    return data[list] ?? [];
  }
});

interface Target {
  readonly health: string;
  readonly labels: { readonly job: string };
}

/** The output of a program in Debian's packages `prometheus` and `prometheus-alertmanager`. @throws {Error} when it fails */
function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
