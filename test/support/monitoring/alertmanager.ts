import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, waitFor, watch } from '../product/process.ts';

/** An alert in the form in which Prometheus posts it. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt: Date;
  /** In the future while the alert fires. */
  readonly endsAt: Date;
}

export interface Alertmanager extends AsyncDisposable {
  /** Posts alerts, as Prometheus does while an alert fires and when it ends. */
  post(...alerts: readonly PostedAlert[]): Promise<void>;
  output(): string;
}

/** Starts Debian's Alertmanager without peers. @param folder for its configuration and data */
export async function startAlertmanager(folder: string, config: string): Promise<Alertmanager> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'alertmanager.yml');
  writeFileSync(file, config);
  const address = `127.0.0.1:${await freePort()}`;
  const child = watch(
    run([
      `--config.file=${file}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ]),
  );
  const request = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`http://${address}${path}`, init);
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
    return true;
  };
  try {
    await waitFor(() => request('/-/ready'), { what: 'Alertmanager being ready' });
  } catch (cause) {
    await child.stop();
    throw new Error(`Alertmanager does not start:\n${child.output()}`, { cause });
  }
  return {
    output: child.output,
    post: async (...alerts) => {
      const headers = { 'content-type': 'application/json' };
      await request('/api/v2/alerts', { method: 'POST', headers, body: JSON.stringify(alerts) });
    },
    [Symbol.asyncDispose]: async () => void (await child.stop()),
  };
}

function run(args: readonly string[]): ChildProcess {
  const child = spawn('prometheus-alertmanager', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.on('error', () => {});
  if (child.pid === undefined)
    throw new Error(
      "prometheus-alertmanager cannot be run: install Debian's package prometheus-alertmanager.",
    );
  return child;
}
