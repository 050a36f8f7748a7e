import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { formatTime } from '../../domain/events/time.ts';
import { seriesKey } from '../../domain/reference.ts';
import { parseSeries } from '../support/histories/series.ts';
import { type Product, startProduct, temporaryFolder } from '../support/product/standalone.ts';

const token = 'ci-token';
const folder = temporaryFolder();
let product: Product;

beforeAll(async () => {
  product = await startProduct({ dataDir: folder.path, env: { INGEST_TOKEN: token } });
});
afterAll(async () => {
  await product.stop();
  folder[Symbol.dispose]();
});

type Variables = Readonly<Record<string, string>>;

/** Runs the lines of a job like its runner, in a shell that ends at the first failure. */
async function run(script: string, variables: Variables): Promise<string> {
  const env = { PATH: process.env['PATH'] ?? '', ...variables };
  return (await promisify(execFile)('bash', ['-e', '-c', script], { env })).stdout;
}

const example = (path: string) =>
  parse(readFileSync(new URL(`../../examples/${path}`, import.meta.url), 'utf8'));
const minutesAgo = (minutes: number) => formatTime(Date.now() - minutes * 60_000).replace(/\.\d+/, '');

/** The metrics of a service for the last seven days, once they are there. */
async function numbersOf(service: string, wanted: Readonly<Record<string, number>>): Promise<void> {
  const shown = async () => {
    const series = parseSeries((await product.get('/metrics')).text);
    const labels = { service, team: '', environment: 'production', window: '7d' };
    return Object.fromEntries(
      Object.keys(wanted).map(name => [name, series.get(seriesKey(`dora_${name}`, labels))]),
    );
  };
  await expect.poll(shown, { timeout: 20_000 }).toEqual(wanted);
}

interface Step {
  readonly name?: string;
  readonly env?: Variables;
  readonly run?: string;
}
interface Workflow {
  readonly env?: Variables;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

/** Substitutes each `${{ … }}` like GitHub. @throws {Error} for an expression that the test does not know */
function filledIn(env: Variables, expressions: Variables): Variables {
  const fill = (_: string, expression: string) => {
    const value = expressions[expression];
    if (value === undefined) throw new Error(`what is ${expression}?`);
    return value;
  };
  return Object.fromEntries(
    Object.entries(env).map(([name, text]) => [name, String(text).replace(/\$\{\{ *(.*?) *\}\}/g, fill)]),
  );
}

test('the steps for GitHub Actions send a pull request, its deployment and its rollback', async () => {
  const sha = '2f1d7c9b7c3a4bd49dd2b5f6c7c9c1b0a7d64e11';
  const runner = {
    GITHUB_REPOSITORY: 'acme/checkout',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: sha,
    GITHUB_RUN_ID: '19530',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: 'deploy',
  };
  const expressions = {
    'vars.FIRSTLIGHT_URL': product.url,
    'secrets.FIRSTLIGHT_TOKEN': token,
    'github.event.pull_request.number': '42',
    'github.event.pull_request.created_at': minutesAgo(180),
    'github.event.pull_request.merged_at': minutesAgo(60),
    'github.event.pull_request.merge_commit_sha': sha,
  };
  const tell = async (file: string, job: string, name: string, more: Variables = {}) => {
    const workflow: Workflow = example(`github-actions/${file}`);
    const step = workflow.jobs[job]?.steps.find(each => each.name === name);
    const env = filledIn({ ...workflow.env, ...step?.env }, expressions);
    return run(step?.run ?? '', { ...runner, ...env, ...more });
  };

  const merged = 'Tell Firstlight that the change was merged';
  const live = 'Tell Firstlight that the change is live';
  expect(await tell('merged.yml', 'merged', merged)).toBe('{"accepted":2}');
  expect(await tell('merged.yml', 'merged', merged)).toBe('{"accepted":2}');
  expect(await tell('deploy.yml', 'deploy', live)).toBe('{"accepted":1}');
  await numbersOf('checkout', { exposed_changes: 1, lead_time_samples: 1 });

  const again = { GITHUB_RUN_ATTEMPT: '2' };
  expect(await tell('deploy.yml', 'deploy', live, again)).toBe('{"accepted":1}');
  const rolledBack = 'Tell Firstlight that it was rolled back';
  expect(await tell('deploy.yml', 'deploy', rolledBack, again)).toBe('{"accepted":1}');
  await numbersOf('checkout', {
    exposed_changes: 2,
    change_failure_ratio: 0.5,
    lead_time_samples: 1,
  });
});

test('the jobs for GitLab CI send a merge and its deployment', async () => {
  interface Job {
    readonly script: readonly string[];
  }
  const file: Readonly<Record<string, Job>> & { readonly variables: Variables } = example(
    'gitlab-ci/firstlight.gitlab-ci.yml',
  );
  const runner = {
    ...file.variables,
    SERVICE: 'search',
    CI_COMMIT_SHA: '279484c09fbe69ededfced8c1bb6e6d24616b468',
    CI_COMMIT_TIMESTAMP: minutesAgo(60).replace('Z', '+00:00'),
    CI_PROJECT_URL: 'https://git.acme.example/shop/search',
    CI_JOB_URL: 'https://git.acme.example/shop/search/-/jobs/796',
    CI_ENVIRONMENT_NAME: 'production',
    CI_JOB_ID: '796',
    FIRSTLIGHT_URL: product.url,
    FIRSTLIGHT_TOKEN: token,
  };
  const tell = (job: string) =>
    run(file[job]?.script.filter(line => line.includes('FIRSTLIGHT_URL')).join('\n') ?? '', runner);

  expect(await tell('merged')).toBe('{"accepted":1}');
  expect(await tell('merged')).toBe('{"accepted":1}');
  expect(await tell('deploy')).toBe('{"accepted":1}');
  await numbersOf('search', { exposed_changes: 1, lead_time_samples: 1 });
});

test('a step fails with an explanation when the server refuses its event', async () => {
  const workflow: Workflow = example('github-actions/deploy.yml');
  const step = workflow.jobs['deploy']?.steps.find(
    ({ name }) => name === 'Tell Firstlight that the change is live',
  );
  const wrong = { FIRSTLIGHT_URL: product.url, FIRSTLIGHT_TOKEN: token, SERVICE: 'checkout' };
  const failing = run(`curl() { command curl "$@" --retry 0; }\n${step?.run ?? ''}`, wrong);
  await expect(failing).rejects.toMatchObject({ stdout: expect.stringContaining('must not be empty') });
});
