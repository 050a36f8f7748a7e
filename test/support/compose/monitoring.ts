import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { readText, root } from './file.ts';
import { type Locations, toLocal } from './locations.ts';

/**
 * Writes Prometheus's configuration for this machine: instead of names that Docker's DNS resolves it has the ports of
 * the replicas, and Prometheus scrapes every second.
 * @param replicas ports by service
 * @param omittedJobs the jobs of services that do not run in the tests
 */
export function writePrometheusFiles(
  locations: Locations,
  replicas: ReadonlyMap<string, readonly number[]>,
  omittedJobs: readonly string[],
): void {
  const config = parse(readText('dashboards/prometheus/prometheus.yml')) as {
    readonly global: object;
    readonly scrape_configs: readonly {
      readonly job_name: string;
      readonly dns_sd_configs?: readonly { readonly names: readonly string[] }[];
    }[];
  };
  const scrapes = config.scrape_configs
    .filter(({ job_name }) => !omittedJobs.includes(job_name))
    .map(({ dns_sd_configs, ...scrape }) => {
      if (dns_sd_configs === undefined) return scrape;
      const ports = dns_sd_configs.flatMap(({ names }) => names.flatMap(name => replicas.get(name) ?? []));
      return { ...scrape, static_configs: [{ targets: ports.map(port => `127.0.0.1:${port}`) }] };
    });
  writeLocalized(locations, '/etc/prometheus/prometheus.yml', {
    ...config,
    global: { ...config.global, scrape_interval: '1s' },
    scrape_configs: scrapes,
    rule_files: [join(root, 'dashboards/prometheus/rules/*.yml')],
  });
}

/** Writes Alertmanager's configuration for this machine. */
export function writeAlertmanagerFiles(locations: Locations): void {
  const config = parse(readText('dashboards/alertmanager/alertmanager.yml'));
  writeLocalized(locations, '/etc/alertmanager/alertmanager.yml', config);
}

/** Writes the file of the container's `path` to its location on this machine. */
export function writeAt({ folder }: Locations, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Writes a configuration as JSON, which is also YAML. */
function writeLocalized(locations: Locations, path: string, config: unknown): void {
  const text = JSON.stringify(config, (_key, value) =>
    typeof value === 'string' ? toLocal(locations, value) : value,
  );
  writeAt(locations, path, text);
}
