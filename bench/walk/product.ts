import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inspector } from './inspector.ts';

const service = 'checkout';
const webhookSecret = 'walk';
const deadlineMs = 30_000;

/** V8 does not count every call of optimised functions, so it must not optimise. */
const inspected = [
  '--inspect=127.0.0.1:0',
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--no-flush-bytecode',
];

/** The standalone run of a checkout, on an empty PGlite, with V8's inspector attached. */
export class Product {
  readonly inspector: Inspector;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #url: string;
  #refreshes = 0;
  #exposed = 0;

  private constructor(child: ChildProcess, folder: string, url: string, inspector: Inspector) {
    this.#child = child;
    this.#folder = folder;
    this.#url = url;
    this.inspector = inspector;
  }

  /** @param root folder of the checkout */
  static async start(root: string): Promise<Product> {
    const folder = await mkdtemp(join(tmpdir(), 'firstlight-walk-'));
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [...inspected, 'services/standalone/main.ts'], {
      cwd: root,
      env: { PATH, HOME, PORT: '0', DATA_DIR: folder, GITHUB_WEBHOOK_SECRET: webhookSecret },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => {
        output += text;
      });
    const matched = async (pattern: RegExp) => {
      await until(() => child.exitCode !== null || pattern.test(output));
      const [, found] = pattern.exec(output) ?? [];
      if (found === undefined) throw new Error(`the standalone run ended:\n${output}`);
      return found;
    };
    const inspector = await Inspector.connect(await matched(/Debugger listening on (ws:\S+)/));
    const url = await matched(/The weekly page\s+(\S+)\//);
    return new Product(child, folder, url, inspector);
  }

  async stop(): Promise<void> {
    this.inspector.close();
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    await rm(this.#folder, { recursive: true });
  }

  sendEvent(fields: object): Promise<void> {
    return this.#post('/v1/events', JSON.stringify({ service, ...fields }));
  }

  /** GitHub's webhook of a pull request that was merged just now. */
  sendPullRequest(number: number): Promise<void> {
    const at = new Date().toISOString();
    const repository = { id: 1, full_name: `acme/${service}`, default_branch: 'main' };
    const user = { login: 'mona', type: 'User' };
    const body = JSON.stringify({
      action: 'closed',
      number,
      pull_request: {
        number,
        state: 'closed',
        title: 'Round taxes',
        html_url: `https://github.com/acme/${service}/pull/${number}`,
        user,
        created_at: at,
        updated_at: at,
        merged: true,
        merged_at: at,
        merge_commit_sha: String(number).padStart(40, '0'),
        labels: [],
        base: { ref: 'main', sha: 'a'.repeat(40), repo: repository },
        head: { ref: 'tax', sha: 'b'.repeat(40), repo: { ...repository, fork: false } },
      },
      repository,
      sender: user,
    });
    return this.#post('/v1/webhooks/github', body, {
      'x-github-event': 'pull_request',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${createHmac('sha256', webhookSecret).update(body).digest('hex')}`,
    });
  }

  /** @returns the body */
  async read(path: string): Promise<string> {
    const response = await fetch(this.#url + path);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text;
  }

  /** Makes a change and waits for the refresh that follows. */
  async refreshAfter(change: () => Promise<void>): Promise<void> {
    await this.#scrape();
    await change();
    await this.untilRefreshed();
  }

  /** Scrapes until the metrics were refreshed since the last scrape. */
  async untilRefreshed(): Promise<void> {
    const earlier = this.#refreshes;
    await until(async () => {
      await this.#scrape();
      return this.#refreshes > earlier;
    });
  }

  /** Scrapes until the service has one more exposed rollout than in the last scrape. */
  async untilExposed(): Promise<void> {
    const earlier = this.#exposed;
    await until(async () => {
      await this.#scrape();
      return this.#exposed > earlier;
    });
  }

  async #scrape(): Promise<void> {
    const text = await this.read('/metrics');
    const numberIn = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
    this.#refreshes = numberIn(/^firstlight_snapshot_refresh_seconds_count (\d+)$/m);
    this.#exposed = numberIn(/^dora_rollouts_total\{service="checkout",.*outcome="exposed"\} (\d+)$/m);
  }

  async #post(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const response = await fetch(this.#url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    const text = await response.text();
    if (response.status !== 202 || text === '{"accepted":0}')
      throw new Error(`${path} answered ${response.status}: ${text}`);
  }
}

/** @throws {Error} after {@link deadlineMs} */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`nothing happened within ${deadlineMs / 1_000} s`);
    await sleep(20);
  }
}
