import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, waitFor, watch } from '../product/process.ts';

/** A series with its value at one time or at several; the value is NaN after a division by zero. */
export interface PrometheusSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** Debian's Prometheus. */
export interface Prometheus extends AsyncDisposable {
  /** The data of its API's response. @throws {Error} with the message of the API */
  ask<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T>;
}

/**
 * Starts a Prometheus that scrapes every second.
 * @param targets host and port by job
 * @param data a folder with blocks; default: an empty one
 */
export async function startPrometheus(
  targets: Readonly<Record<string, string>>,
  data?: string,
): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'firstlight-prometheus-'));
  const port = await freePort();
  const config = {
    global: { scrape_interval: '1s' },
    scrape_configs: Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [target] }],
    })),
  };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config)); // JSON is also YAML
  const child = watch(
    spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${data ?? join(folder, 'data')}`,
        '--storage.tsdb.retention.time=10y',
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    ),
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitFor(async () => (await fetch(`${url}/-/ready`)).ok, { what: 'a ready Prometheus' });
  } catch (cause) {
    await stop();
    throw new Error(`Prometheus does not become ready:\n${child.output()}`, { cause });
  }
  return {
    ask: async (path, parameters) => {
      const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
      const body = (await answer.json()) as { readonly data: never; readonly error?: string };
      if (body.error !== undefined) throw new Error(`${body.error}: ${JSON.stringify(parameters)}`);
      return body.data;
    },
    [Symbol.asyncDispose]: stop,
  };
}
