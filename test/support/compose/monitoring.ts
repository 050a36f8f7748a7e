import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { readText, root } from './file.ts';
import { type Locations, toLocal } from './locations.ts';

/**
 * Writes Prometheus's configuration as it must be on this machine: the names that Docker's DNS would resolve become
 * the ports of their replicas, and it scrapes every second.
 * @param replicas ports by service
 * @param left the jobs of what does not run here
 */
export function writePrometheusFiles(
  places: Locations,
  replicas: ReadonlyMap<string, readonly number[]>,
  left: readonly string[],
): void {
  const config = parse(readText('dashboards/prometheus/prometheus.yml')) as {
    readonly global: object;
    readonly scrape_configs: readonly {
      readonly job_name: string;
      readonly dns_sd_configs?: readonly { readonly names: readonly string[] }[];
    }[];
  };
  const scrapes = config.scrape_configs
    .filter(({ job_name }) => !left.includes(job_name))
    .map(({ dns_sd_configs, ...scrape }) => {
      if (dns_sd_configs === undefined) return scrape;
      const ports = dns_sd_configs.flatMap(({ names }) => names.flatMap(name => replicas.get(name) ?? []));
      return { ...scrape, static_configs: [{ targets: ports.map(port => `127.0.0.1:${port}`) }] };
    });
  writePlaced(places, '/etc/prometheus/prometheus.yml', {
    ...config,
    global: { ...config.global, scrape_interval: '1s' },
    scrape_configs: scrapes,
    rule_files: [join(root, 'dashboards/prometheus/rules/*.yml')],
  });
}

/** Writes Alertmanager's configuration with the hosts and folders of this machine. */
export function writeAlertmanagerFiles(places: Locations): void {
  const config = parse(readText('dashboards/alertmanager/alertmanager.yml'));
  writePlaced(places, '/etc/alertmanager/alertmanager.yml', config);
}

/** Writes the file where `path` is on this machine. */
export function writeAt({ folder }: Locations, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** As JSON, which is YAML too. */
function writePlaced(places: Locations, path: string, config: unknown): void {
  const text = JSON.stringify(config, (_key, value) =>
    typeof value === 'string' ? toLocal(places, value) : value,
  );
  writeAt(places, path, text);
}
